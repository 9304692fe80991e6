"""Every variant of a recipe can be trained."""

import hydra
import pytest
from omegaconf import OmegaConf

from benchmarks.stability import TASKS
from conf import schema

VARIANTS = [(task, variant) for task, each in TASKS.items() for variant in each.variants]


@pytest.mark.parametrize(("task", "variant"), VARIANTS)
def test_variants_have_settings_that_there_are(task, variant):
    schema.register()
    overrides = [f"experiment={task}", *TASKS[task].variants[variant]]
    with hydra.initialize_config_module("conf", version_base="1.3"):
        plain = hydra.compose("train", [f"experiment={task}"])
        config = hydra.compose("train", overrides)
    OmegaConf.to_object(config)
    assert (config == plain) == (variant == "default")
