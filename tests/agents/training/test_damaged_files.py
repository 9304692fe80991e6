"""Damaged files of every format: refused in one line that names the file, never loaded silently."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.training.checkpoint import AgentCard, load_agent, restore_newest, save
from rl2_mazes.agents.zoo.records import read_measurements
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.figures import require_battery
from rl2_mazes.core.storage.run_folder import read_metrics
from rl2_mazes.core.storage.schema import read_json, read_yaml
from rl2_mazes.core.types import Spaces
from rl2_mazes.eval.trials.log_file import load_log

DAMAGES = st.sampled_from(["cut", "flip", "drop", "double", "noise"])
PLACES = st.floats(0, 0.999)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
SUITE = {"kind": "mazes"}
FIGURES = {"success": [0.5, 1.0], "length": [20.0, 9.5], "length_ci": [[18.0, 22.0], None]}
FIGURES |= {"trials": 20, "length_ratio": 0.5, "length_ratio_ci": [0.4, 0.6]}
CONDITION = {"condition": "as trained", "group": "memory", "meaning": "", "engine": "twin"}
CONDITION |= {"horizon": 50, **FIGURES}
SOURCE = {"suite": SUITE, "engine": "twin", "seed": 0, "train_steps": 5}


def damaged(content, kind, place):
    at = int(place * len(content))
    if kind == "cut":
        return content[:at]
    if kind == "flip":
        return content[:at] + bytes([content[at] ^ (1 << at % 8)]) + content[at + 1 :]
    if kind == "drop":
        return content[:at] + content[at + 1 :]
    if kind == "double":
        return content[:at] + content[at : at + 9] + content[at:]
    return content[:at] + bytes(range(256)) + content[at + 256 :]


def one_line(call, *arguments):
    """The error, which must be the user's and of one line; None if the file was read."""
    problem = None
    try:
        call(*arguments)
    except UserError as error:
        problem = str(error)
    assert problem is None or len(problem.splitlines()) == 1, problem
    return problem


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    agent = RL2Settings(
        conv=[], dense_size=4, feedback_size=0, memory=GRUSettings(hidden_size=4)
    ).build(Spaces(3, num_states=2))
    for steps in (1, 2):
        card = AgentCard.of(agent, SUITE)._replace(steps=steps)
        save(folder, agent, card, {"learner": {"x": torch.zeros(2)}, "processes": []})
    return folder, agent


@pytest.mark.parametrize("name", ["weights.safetensors", "training.pt", "SHA256SUMS"])
def test_a_damaged_checkpoint_is_never_resumed_from(checkpoints, name):
    folder, agent = checkpoints
    file = folder / "step_000000000002" / name
    whole = file.read_bytes()

    @given(DAMAGES, PLACES)
    def one(kind, place):
        content = damaged(whole, kind, place)
        file.write_bytes(content)
        restored = restore_newest(folder, agent)
        assert restored is not None
        if name == "SHA256SUMS":  # the files themselves are whole, whichever is used
            assert restored[0].steps in (1, 2)
            return
        assert restored[0].steps == (2 if content == whole else 1)
        if name == "weights.safetensors":
            assert load_agent(folder)[1].steps == (2 if content == whole else 1)

    try:
        one()
    finally:
        file.write_bytes(whole)


def test_weights_without_checksums_load_or_are_refused(checkpoints, tmp_path):
    folder, _ = checkpoints
    whole = (folder / "step_000000000001" / "weights.safetensors").read_bytes()
    file = tmp_path / "agent.safetensors"

    @given(DAMAGES, PLACES)
    def one(kind, place):
        file.write_bytes(damaged(whole, kind, place))
        one_line(load_agent, file)

    one()


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("results.json", json.dumps(SOURCE | FIGURES), read_measurements),
        ("battery.json", json.dumps(SOURCE | {"conditions": [CONDITION]}), read_measurements),
        ("metrics.jsonl", '{"steps": 1, "loss": 0.5}\n{"steps": 2}\n', read_metrics),
        ("x.json", json.dumps(FIGURES), read_json),
        ("config.yaml", "suite: {kind: mazes}\nname: a\nseed: 0\n", read_yaml),
    ],
)
def test_damaged_text_is_read_or_refused(tmp_path, name, content, read):
    file = tmp_path / name
    file.write_text(content)
    assert one_line(read, file) is None

    @given(DAMAGES, PLACES)
    def one(kind, place):
        file.write_bytes(damaged(content.encode(), kind, place))
        error = one_line(read, file)
        assert error is None or name in error

    one()


@given(st.sampled_from(sorted(CONDITION)), JSON)
def test_a_battery_of_another_shape_is_refused(key, value):
    where = "battery.json"
    error = one_line(require_battery, {"conditions": [CONDITION | {key: value}]}, where)
    assert error is None or where in error


def test_damaged_trials_are_refused(tmp_path):
    file = tmp_path / "trials.npz"
    episodes = np.array([[2, 1]])
    arrays = {name: episodes for name in ("length", "shortest")}
    arrays |= {"success": episodes > 1, "episode_return": episodes * 0.5}
    arrays["targets"] = np.ones((1, 2, 2), np.int64)
    arrays |= {"tasks": np.array([0]), "actions": np.zeros(3, np.int8)}
    np.savez_compressed(file, **arrays)
    whole = file.read_bytes()
    assert one_line(load_log, file) is None

    @given(DAMAGES, PLACES)
    def one(kind, place):
        file.write_bytes(damaged(whole, kind, place))
        error = one_line(load_log, file)
        assert error is None or "trials.npz" in error

    one()
