import json
import shutil
from contextlib import suppress
from dataclasses import asdict

import pytest
import torch
import yaml

from rl2_mazes.agents.networks.rl2_agent import RL2Settings
from rl2_mazes.core.registries.choice import default_settings
from rl2_mazes.core.storage import provenance
from rl2_mazes.core.storage.files import remove_partial, replacing, replacing_folder
from rl2_mazes.core.storage.run_folder import RunFolder, kept_if_filled, locked
from rl2_mazes.core.tabular.mixed_suite import MixedSuite
from rl2_mazes.mazes.suite import MazeSuite

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


@pytest.mark.parametrize("hold", [lambda path: locked(path, "output_dir"), kept_if_filled])
def test_an_empty_folder_is_not_left_behind(hold, tmp_path):
    path = tmp_path / "a" / "b"
    for left in ((), ("results.json",)):
        with suppress(ZeroDivisionError), hold(path):
            path.mkdir(parents=True, exist_ok=True)
            for name in left:
                (path / name).touch()
            raise ZeroDivisionError
        assert (tmp_path / "a").exists() == bool(left)
    assert (path / "results.json").exists()
    (tmp_path / "mine").mkdir()
    with hold(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").exists(), "it was there before"


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
    older = {key: value for key, value in config["agent"].items() if key != "weight_norm"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"agent": older}))
    (tmp_path / "checkpoints" / "step_1").mkdir(parents=True)
    defaults = {"agent": asdict(RL2Settings()), "learner": {"lr": 0.3, "aux_coef": 1.0}}
    younger = config | {"learner": CONFIG["learner"] | {"aux_coef": 1.0}}
    with RunFolder(tmp_path, younger, defaults):
        pass
    bound = younger | {"agent": config["agent"] | {"weight_norm": True}}
    with pytest.raises(
        ValueError, match=r"with agent\.weight_norm=False, this one has agent\.weight_norm=True"
    ):
        RunFolder(tmp_path, bound, defaults)


def test_an_older_run_lacks_keys_of_the_training_itself(tmp_path):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    (tmp_path / "checkpoints" / "step_1").mkdir(parents=True)
    defaults = {"precision": "auto", "seed": 7}
    with RunFolder(tmp_path, CONFIG | {"precision": "auto"}, defaults):
        pass
    with pytest.raises(ValueError, match="precision=auto, this one has precision=float32"):
        RunFolder(tmp_path, CONFIG | {"precision": "float32"}, defaults)


def test_younger_settings_of_a_suite_had_their_defaults(tmp_path):
    suite, defaults = MazeSuite(), {"suite": default_settings(MazeSuite())}
    older = asdict(suite)
    del older["tasks"]["split_by"], older["tasks"]["num_targets"]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"suite": older}))
    (tmp_path / "checkpoints" / "step_1").mkdir(parents=True)
    RunFolder(tmp_path, CONFIG | {"suite": asdict(suite)}, defaults).__exit__()
    suite.tasks.num_targets = 2
    with pytest.raises(ValueError, match=r"num_targets=1, this one has .*num_targets=2"):
        RunFolder(tmp_path, CONFIG | {"suite": asdict(suite)}, defaults)


def test_defaults_of_a_mixture_make_none():
    mixture = MixedSuite(["bandits/k5_n10"])
    assert default_settings(mixture) == {"rows": [], "kind": "mixed"}


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


def test_a_start_that_saved_nothing_is_no_origin(tmp_path, monkeypatch):
    """The third start goes back behind the second, whose checkpoints were damaged."""
    monkeypatch.setattr(provenance, "commit", lambda: "abc")
    for steps, expected in ((0, [0]), (0, [0]), (8, [0, 8]), (8, [0, 8]), (4, [0, 4])):
        provenance.add_origin(tmp_path, steps, 1, torch.device("cpu"), "bfloat16")
        assert [line["steps"] for line in provenance.read_origins(tmp_path)] == expected


def test_files_under_temporary_names_are_removed_and_no_others(tmp_path):
    with replacing_folder(tmp_path / "step_4") as partial:
        (partial / "weights").touch()
        shutil.copytree(partial, left := partial.with_name(".step_4-0123abcd"))
    with replacing(tmp_path / "log.jsonl") as partial:
        shutil.copy(partial, partial.with_name(".log-0123abcd.jsonl"))
    others = {"step_4", "log.jsonl", ".lock", ".mine", "step-0123abcd"}
    for name in others - {"step_4"}:
        (tmp_path / name).touch()
    remove_partial(tmp_path)
    assert not left.exists()
    assert {path.name for path in tmp_path.iterdir()} == others
