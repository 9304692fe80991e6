"""Every old name ends in one line that says the new one, and every new name exists."""

import json
import sys

import pytest
from omegaconf import OmegaConf
from safetensors.torch import save_file

from rl2_mazes.agents import publish, train
from rl2_mazes.agents.training.checkpoint import CheckpointError, load_agent
from rl2_mazes.agents.zoo import cards
from rl2_mazes.core import cli, programs, renamed
from rl2_mazes.core.cli.errors import one_line
from rl2_mazes.core.errors import UserError


def error_of(monkeypatch, capsys, main, *arguments):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line.removeprefix("error: ")


@pytest.fixture(scope="module")
def network():
    return train.compose().agent


@pytest.mark.parametrize("key", [key for key in renamed.KEYS if key.startswith("agent.")])
def test_keys_of_the_network(key, network, monkeypatch, capsys):
    new = renamed.KEYS[key]
    assert error_of(monkeypatch, capsys, train.main, f"{key}=1") == f"{key} is now {new}"
    assert OmegaConf.select(network, new.partition(".")[2]) is not None


@pytest.mark.parametrize("key", ["pair_inputs", "memory_norm"])
def test_keys_that_went(key, monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, train.main, f"agent.{key}=true")
    gone = f"there is no key agent.{key} any more; for bandits and MDPs there is agent=exchangeable"
    assert error == gone


@pytest.mark.parametrize("key", ["checkpoint", "run"])
def test_keys_of_an_agent(key, monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, publish.main, f"{key}=runs/demo/seed_0")
    assert error == f"{key} is now {renamed.KEYS[key]}"


def test_a_new_key_is_named_where_the_program_has_it(monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, train.main, "run=runs/demo/seed_0")
    assert error == "there is no key run; did you mean run_dir?"


@pytest.mark.parametrize("choice", renamed.CHOICES)
def test_presets(choice, monkeypatch, capsys):
    new = renamed.CHOICES[choice]
    assert error_of(monkeypatch, capsys, train.main, choice) == f"{choice} is now {new}"
    group, _, name = new.partition("=")
    assert (cli.CONF / group / f"{name}.yaml").is_file()


@pytest.mark.parametrize("option", renamed.OPTIONS)
def test_options(option, monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, publish.main, option, "3")
    assert error == f"{option} is now {renamed.OPTIONS[option]}"


@pytest.mark.parametrize("command", renamed.COMMANDS)
def test_commands(command, monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, programs.main, *command.split()[1:])
    assert error == f"{command} is now {renamed.COMMANDS[command]}"
    assert renamed.COMMANDS[command].split()[1] in programs.PROGRAMS


@pytest.mark.parametrize("value", renamed.VALUES)
def test_values(value, monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, publish.main, value)
    assert error == f"{value} is now {renamed.VALUES[value]}"


@pytest.mark.parametrize("seed", ["", "/seed_0"])
@pytest.mark.parametrize("name", renamed.PRETRAINED)
def test_pretrained_agents(name, seed):
    new = renamed.PRETRAINED[name] + seed
    with pytest.raises(UserError, match=rf"^{name}{seed} is now {new}$"):
        load_agent(name + seed)
    assert cards.find_pretrained(cards.Path(new)) is not None


@pytest.mark.parametrize("name", renamed.ENV_IDS)
def test_environment_ids(name):
    import gymnasium

    new = renamed.ENV_IDS[name]
    for make in (gymnasium.make, gymnasium.make_vec):
        with pytest.raises(UserError, match=rf"^{name} is now {new}$"):
            make(f"rl2_mazes:{name}")
    assert new in gymnasium.registry


@pytest.mark.parametrize("older", renamed.FORMATS)
def test_a_checkpoint_of_an_older_format(older, tmp_path):
    import torch

    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors", {"format": older})
    with pytest.raises(CheckpointError, match=f"older format {older}.*; train the agent again, or"):
        load_agent(tmp_path / "x.safetensors")


def test_a_card_of_an_older_format(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(dict.fromkeys(cards.FORMAT_1)))
    with pytest.raises(UserError, match=r"card of an older version; publish the agent again"):
        cards.read_card("x", tmp_path)
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(UserError, match=r"x.json is not an agent's card"):
        cards.read_card("x", tmp_path)


def test_a_missing_agent(monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, publish.main)
    assert error.startswith("agent is missing; give agent=... (Folder of a training, whose latest ")


def test_a_position_is_no_key(monkeypatch, capsys):
    error = error_of(monkeypatch, capsys, publish.main, "runs/demo/seed_0")
    assert "settings are given as key=value; for an agent, give agent=runs/demo/seed_0" in error


def test_the_internal_key_is_never_shown():
    error = UserError("agent_path: is missing")
    assert one_line(error, "publish", []) == "agent: is missing"


@pytest.mark.parametrize(("before", "now"), [(True, "privileged"), (False, "none")])
def test_settings_of_an_agent_from_before_format_5(before, now):
    assert renamed.agent_settings({"aux_prediction": before, "x": 1}) == {"aux": now, "x": 1}
    assert renamed.agent_settings({"aux": "hindsight"}) == {"aux": "hindsight"}
    for key in renamed.REMOVED:
        assert renamed.agent_settings({key: False, "x": 1}) == {"x": 1}
        assert renamed.agent_settings({key: True}) == {key: True}, "for the caller to refuse"


def test_published_weights_of_the_format_before_load():
    agent, card = load_agent("pretrained/walk_small/seed_0")
    assert card.agent["aux"] == agent.aux == "privileged"
