import json
from dataclasses import asdict

import pytest
import yaml

from rl2_mazes.agents.networks.rl2_agent import RL2Settings
from rl2_mazes.core.storage.run_folder import RunFolder

CONFIG = {"run_dir": "a", "seed": 0, "learner": {"lr": 0.1}, "total_steps": 10}


def test_logs_go_on_after_a_resume(tmp_path):
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.open_logs(0, tensorboard=False)
        for steps in (1, 2, 3):
            folder.log(steps, {"x": steps * 10.0})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"steps": 4, "x"')  # cut off by a crash
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.open_logs(2, tensorboard=True)
        folder.log(3, {"x": 31.0})
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(line["steps"], line["x"]) for line in lines] == [(1, 10), (2, 20), (3, 31)]
    assert list((tmp_path / "tensorboard").iterdir())


def test_one_process_at_a_time(tmp_path):
    with (
        RunFolder(tmp_path, CONFIG),
        pytest.raises(ValueError, match="in use by another run"),
    ):
        RunFolder(tmp_path, CONFIG)
    RunFolder(tmp_path, CONFIG).__exit__()


def test_another_configuration_is_refused(tmp_path):
    with RunFolder(tmp_path, {**CONFIG, "seed": 9}):
        pass  # refused before it began: leaves no configuration behind
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.open_logs(0, tensorboard=False)
    (tmp_path / "checkpoints" / "step_1").mkdir(parents=True)
    longer = {**CONFIG, "total_steps": 99, "run_dir": "b"}
    RunFolder(tmp_path, longer).__exit__()
    with pytest.raises(ValueError, match=r"learner\.lr=0\.1, this one has learner\.lr=0\.2"):
        RunFolder(tmp_path, {**CONFIG, "learner": {"lr": 0.2}})
    (tmp_path / "config.yaml").write_text("")
    with pytest.raises(ValueError, match=r"config\.yaml is None; it must be an object"):
        RunFolder(tmp_path, CONFIG)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="cannot be written"):
        RunFolder(tmp_path / "file" / "run", CONFIG)


def test_a_setting_that_is_younger_than_the_run_had_its_default(tmp_path):
    config = CONFIG | {"agent": asdict(RL2Settings())}
    older = {key: value for key, value in config["agent"].items() if key != "pair_inputs"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"agent": older}))
    (tmp_path / "checkpoints" / "step_1").mkdir(parents=True)
    defaults = {"agent": asdict(RL2Settings()), "learner": {"lr": 0.3, "aux_coef": 1.0}}
    younger = config | {"learner": CONFIG["learner"] | {"aux_coef": 1.0}}
    with RunFolder(tmp_path, younger, defaults):
        pass
    bound = younger | {"agent": config["agent"] | {"pair_inputs": True}}
    with pytest.raises(
        ValueError, match=r"with agent\.pair_inputs=False, this one has agent\.pair_inputs=True"
    ):
        RunFolder(tmp_path, bound, defaults)


def test_a_run_without_a_checkpoint_is_begun_again(tmp_path):
    """Such as one that failed in its first iteration, and whose command was corrected."""
    with RunFolder(tmp_path, CONFIG) as folder:
        folder.open_logs(0, tensorboard=False)
    with RunFolder(tmp_path, {**CONFIG, "seed": 9}) as folder:
        folder.open_logs(0, tensorboard=False)
    assert yaml.safe_load((tmp_path / "config.yaml").read_text())["seed"] == 9


def test_what_is_refused_before_it_began_leaves_nothing(tmp_path):
    with RunFolder(tmp_path / "a" / "b", CONFIG):
        pass
    assert not list(tmp_path.iterdir())
