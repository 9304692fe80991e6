"""Compose a program's configuration with Hydra."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ..errors import UserError
from ..process import configure
from ..registries.groups import GROUPS

CONF = Path(__file__).parents[2] / "conf"


def register(name: str, schema: type) -> None:
    """Enter the keys of a program, and those of every group of presets, into Hydra's store."""
    store = ConfigStore.instance().store
    store(name=f"{name}_schema", node=schema)
    for registry in GROUPS:
        for entry, node in registry.all().items():
            store(group=f"{registry.kind}/schema", name=entry, node=node)


def compose(name: str, schema: type, overrides: Sequence[str] = ()) -> DictConfig:
    """The configuration of a program for these overrides, outside a command line."""
    register(name, schema)
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(name, overrides=list(overrides))


def run_hydra(name: str, task: Callable[[DictConfig], None], arguments: Sequence[str]) -> None:
    """Run Hydra's main function, which calls `task` with each job's configuration."""
    sys.argv[1:] = arguments
    hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(task)()


def settings_of(config: DictConfig) -> Any:
    """A configuration as the dataclass of its program.

    Raises:
        UserError: A value is missing, or has another type.
    """
    configure()  # a launcher may have started another process for this job
    try:
        return OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        key = error.full_key or error.key
        text = (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(f"{key}: {text}" if key else text) from error
