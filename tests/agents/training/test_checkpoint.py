"""Checkpoints: complete or absent, and errors that name the file and the remedy."""

import json
import os
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from support.cards import rewrite_card

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.training import checkpoint, checkpoint_files
from rl2_mazes.agents.training.checkpoint import (
    AgentCard,
    CheckpointError,
    load_agent,
    restore_newest,
    save,
    warm_start,
)
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import AGENTS
from rl2_mazes.core.types import Spaces

SPACES = Spaces(num_actions=3, image_shape=(30, 40, 3))


def card(steps, agent):
    return AgentCard.of(agent, {"kind": "mazes"})._replace(steps=steps, seconds=1.5)


@pytest.fixture
def agent():
    torch.manual_seed(0)
    return RL2Agent(
        SPACES, RL2Settings(dense_size=8, feedback_size=8, memory=GRUSettings(hidden_size=8))
    )


def test_a_checkpoint_restores_agent_and_state(tmp_path, agent):
    state = {"rng": torch.arange(3), "learner": {"num_updates": 7}}
    path = save(tmp_path / "checkpoints", agent, card(12, agent), state)
    for given in (tmp_path, tmp_path / "checkpoints", path, path / "weights.safetensors"):
        loaded, its_card = load_agent(given)
        assert its_card.steps == 12
        for name, weight in agent.state_dict().items():
            assert torch.equal(loaded.state_dict()[name], weight)
    other = RL2Agent(SPACES, agent.settings)
    restored = restore_newest(tmp_path / "checkpoints", other)
    assert restored is not None
    assert restored[1]["learner"] == {"num_updates": 7}
    assert torch.equal(restored[1]["rng"], torch.arange(3))
    assert torch.equal(other.policy.weight, agent.policy.weight)


def test_the_newest_checkpoints_are_kept(tmp_path, agent):
    for steps in range(1, 6):
        save(tmp_path, agent, card(steps, agent), {})
    assert [int(p.name[5:]) for p in sorted(tmp_path.iterdir())] == [3, 4, 5]


@pytest.mark.parametrize("file", ["weights.safetensors", "training.pt"])
def test_a_truncated_checkpoint_is_skipped(tmp_path, agent, file, capsys):
    save(tmp_path, agent, card(1, agent), {})
    damaged = save(tmp_path, agent, card(2, agent), {}) / file
    damaged.write_bytes(damaged.read_bytes()[:200])
    restored = restore_newest(tmp_path, agent)
    assert restored is not None
    assert restored[0].steps == 1
    assert str(damaged) in capsys.readouterr().err


def test_damaged_checkpoints_alone_are_an_error(tmp_path, agent):
    (save(tmp_path, agent, card(1, agent), {}) / "training.pt").write_bytes(b"")
    with pytest.raises(CheckpointError, match="every checkpoint"):
        restore_newest(tmp_path, agent)
    assert restore_newest(tmp_path / "none", agent) is None


def test_a_failed_write_leaves_the_previous_checkpoint(tmp_path, agent, monkeypatch):
    save(tmp_path, agent, card(1, agent), {})

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.torch, "save", full_disk)
    with pytest.raises(CheckpointError, match="No space"):
        save(tmp_path, agent, card(2, agent), {})
    assert [p.name for p in tmp_path.iterdir()] == ["step_000000000001"]


def test_links_lead_to_the_checksum_of_their_target(tmp_path, agent):
    path = save(tmp_path / "run" / "checkpoints", agent, card(1, agent), {})
    weights = path / "weights.safetensors"
    (tmp_path / "link").symlink_to(weights)
    (tmp_path / "copy.safetensors").symlink_to(tmp_path / "link")
    load_agent(tmp_path / "copy.safetensors")
    altered = tmp_path / "altered"
    altered.write_bytes(weights.read_bytes()[:-1] + b"!")
    os.replace(altered, weights)
    with pytest.raises(CheckpointError, match=r"run/.*weights\.safetensors is damaged"):
        load_agent(tmp_path / "copy.safetensors")
    weights.rename(altered)
    for make in (weights.symlink_to, weights.hardlink_to):
        make(altered)
        with pytest.raises(CheckpointError, match="is damaged"):
            load_agent(weights)
        weights.unlink()


def test_another_network_is_named(tmp_path, agent):
    save(tmp_path, agent, card(1, agent), {})
    wider = RL2Agent(
        SPACES, RL2Settings(dense_size=8, feedback_size=8, memory=GRUSettings(hidden_size=16))
    )
    with pytest.raises(
        CheckpointError,
        match=r"another agent: it has memory\.hidden_size=8, this run memory\.hidde",
    ):
        restore_newest(tmp_path, wider)
    turning = RL2Agent(replace(SPACES, num_actions=5), agent.settings)
    with pytest.raises(
        CheckpointError, match=r"it has num_actions=3, this run num_actions=5; give"
    ):
        restore_newest(tmp_path, turning)


@dataclass
class ToySettings(RL2Settings):
    kind: ClassVar[str] = "toy"
    extra: int = 3

    def build(self, spaces):
        return ToyAgent(spaces, self)


class ToyAgent(RL2Agent):
    """An agent of another kind."""


def test_the_card_names_the_kind_of_agent(tmp_path, monkeypatch):
    monkeypatch.setitem(AGENTS.all(), "toy", ToySettings)
    agent = ToySettings(dense_size=8, memory=GRUSettings(hidden_size=8)).build(SPACES)
    save(tmp_path, agent, card(1, agent), {})
    loaded, its_card = load_agent(tmp_path)
    assert its_card.kind == f"{__name__}:ToySettings", "as of any plug-in's entry"
    assert isinstance(loaded, ToyAgent)
    assert loaded.settings.extra == 3
    assert restore_newest(tmp_path, agent) is not None
    ours = RL2Agent(SPACES, RL2Settings(dense_size=8, memory=GRUSettings(hidden_size=8)))
    for take, key in (
        (restore_newest, "run_dir"),
        (lambda path, agent: warm_start(agent, path), "init_from"),
    ):
        with pytest.raises(
            CheckpointError, match=rf"it has .*ToySettings, this run rl2; give another {key}=\.\.\."
        ):
            take(tmp_path, ours)


def test_an_unknown_setting_is_named(tmp_path, agent):
    old = card(1, agent)
    save(tmp_path, agent, old._replace(agent={**old.agent, "skip": False}), {})
    with pytest.raises(CheckpointError, match=r"agent\.skip, .*train the agent again"):
        load_agent(tmp_path)


@pytest.mark.parametrize(
    "what", ["agent.memory.hidden_size", "spaces.num_states", "card.init_steps"]
)
def test_a_missing_setting_is_named(what, tmp_path, agent):
    def drop(content):
        *groups, name = what.removeprefix("card.").split(".")
        for group in groups:
            content = content[group]
        del content[name]

    rewrite_card(save(tmp_path, agent, card(1, agent), {}) / "weights.safetensors", drop)
    with pytest.raises(CheckpointError, match=f"has no setting {what}, which was added since; "):
        load_agent(tmp_path)


def test_foreign_weights_are_named(tmp_path):
    save_file({"x": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not an agent of this project"):
        load_agent(tmp_path / "other.safetensors")


def test_training_state_never_runs_code(tmp_path, agent):
    path = save(tmp_path, agent, card(1, agent), {})

    class Bomb:
        def __reduce__(self):
            return (print, ("boom",))

    torch.save({"learner": Bomb()}, path / "training.pt")
    with pytest.raises(CheckpointError, match="damaged"):
        restore_newest(tmp_path, agent)


@pytest.mark.parametrize("file", ["weights.safetensors", "training.pt"])
@pytest.mark.parametrize("place", [0.3, 0.6, 0.95])
def test_a_flipped_bit_is_noticed_and_the_one_before_is_used(tmp_path, agent, file, place, capsys):
    for steps in (100, 200):
        save(tmp_path, agent, card(steps, agent), {"step": steps})
    damaged = tmp_path / "step_000000000200" / file
    content = bytearray(damaged.read_bytes())
    content[int(place * len(content))] ^= 1
    damaged.write_bytes(content)
    restored = restore_newest(tmp_path, agent)
    assert restored is not None
    assert restored[0].steps == 100
    assert "its own is not the one in SHA256SUMS" in capsys.readouterr().err
    if file == "weights.safetensors":
        assert load_agent(tmp_path)[1].steps == 100


def test_weights_that_are_not_finite_are_refused(tmp_path, agent, monkeypatch):
    monkeypatch.setattr(
        checkpoint, "require_finite_weights", lambda *arguments: None
    )  # an old file
    with torch.no_grad():
        next(agent.parameters()).fill_(torch.nan)
    save(tmp_path, agent, card(100, agent), {})
    with pytest.raises(CheckpointError, match="has NaN or infinite weights, in"):
        load_agent(tmp_path)


def test_a_pipe_is_passed_over(tmp_path, agent):
    for steps in (100, 200):
        save(tmp_path, agent, card(steps, agent), {})
    pipe = tmp_path / "step_000000000200" / "weights.safetensors"
    pipe.unlink()
    os.mkfifo(pipe)
    assert load_agent(tmp_path)[1].steps == 100
    restored = restore_newest(tmp_path, agent)
    assert restored is not None
    assert restored[0].steps == 100


def test_files_have_the_mode_of_the_umask(tmp_path, agent):
    before = os.umask(0o027)
    try:
        path = save(tmp_path, agent, card(100, agent), {})
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o640}


@pytest.mark.parametrize(
    "change",
    [
        {"agent": None},
        {"agent": []},
        {"agent": {"hidden_size": 2**30}},
        {"suite": 5},
        {"steps": "100"},
        {"spaces": {"num_actions": 3, "image_shape": 7}},
        {"spaces": {}},
        {"kind": 3},
        {"nonsense": 1},
    ],
    ids=str,
)
def test_a_card_of_another_shape_ends_in_one_line(tmp_path, agent, change):
    file = tmp_path / "weights.safetensors"
    content = {**card(100, agent)._asdict(), **change}
    metadata = {"format": checkpoint_files.FORMAT, "card": json.dumps(content)}
    save_file({name: x.contiguous() for name, x in agent.state_dict().items()}, file, metadata)
    with pytest.raises(UserError) as error:
        load_agent(file)
    assert "\n" not in str(error.value)


def test_checksums_in_either_notation_or_of_other_files(tmp_path, agent):
    path = save(tmp_path, agent, card(100, agent), {})
    sums, weights = path / checkpoint_files.SUMS, path / checkpoint_files.WEIGHTS
    ours = sums.read_text()
    sums.write_text(ours.replace("  ", " *").upper().replace("WEIGHTS.SAFETENSORS", weights.name))
    assert load_agent(weights)[1].steps == 100
    sums.write_text(f"{'0' * 64}  README.md\n")
    assert load_agent(weights)[1].steps == 100, "of a folder that somebody sent"
    sums.write_text(f"{'0' * 64}  {weights.name}\n")
    with pytest.raises(CheckpointError, match=f"if you replaced the file, delete {sums}"):
        load_agent(weights)


def test_what_could_not_be_read_again_is_not_saved(tmp_path, agent):
    before = save(tmp_path / "checkpoints", agent, card(1, agent), {"learner": {"n": 1}})
    for value, name in ((np.float64(1), "numpy.float64"), (Spaces(3), "core.types.Spaces")):
        with pytest.raises(
            CheckpointError, match=rf"state, 'learner', item 1 is .*{name}; .*state_"
        ):
            save(tmp_path / "checkpoints", agent, card(2, agent), {"learner": [0, value]})
    with torch.no_grad():
        agent.policy.bias[1] = torch.nan
    message = "after 3 steps weight policy.bias is NaN or infinite, so it is not saved; the earlier"
    with pytest.raises(CheckpointError, match=message):
        save(tmp_path / "checkpoints", agent, card(3, agent), None)
    assert list((tmp_path / "checkpoints").iterdir()) == [before]


def test_a_network_that_has_changed_since_is_named(tmp_path, agent):
    """That of a plug-in may, with the same settings."""
    save(tmp_path / "checkpoints", agent, card(1, agent), {})
    other = RL2Agent(SPACES, agent.settings)
    other.policy = torch.nn.Linear(3, 4)
    with pytest.raises(
        CheckpointError, match=r"step_0+1 does not hold the weights of this run's n"
    ):
        restore_newest(tmp_path / "checkpoints", other)
