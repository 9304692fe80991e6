"""Agents by name: what comes with the project is whole, and what is not is said."""

import json
import shutil

import pytest
import torch

from rl2_mazes.agents.training.checkpoint import find_weights, load_agent
from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.cards import (
    PRETRAINED,
    find_pretrained,
    names,
    read_card,
    require_unaltered,
)
from rl2_mazes.core.types import TimeStep


@pytest.mark.parametrize("name", names())
def test_every_published_agent_is_whole_and_acts(name):
    card = read_card(name)
    weights = find_weights(cards.Path("pretrained") / name)
    assert weights.stat().st_size <= cards.MOST_BYTES
    agent, trained = load_agent(f"pretrained/{name}")
    assert trained.all_steps == card.steps
    assert card.results, "a published agent has been measured"
    assert {each["train_steps"] for each in card.results} == {card.steps}
    curve = json.loads((PRETRAINED / f"{name}.curve.json").read_text())
    assert curve["steps"][-1] == card.steps
    assert {len(points) for points in curve.values()} == {len(curve["steps"])}

    spaces = agent.spaces
    if spaces.image_shape is None:
        obs = torch.zeros(2, dtype=torch.int64)
    else:
        obs = torch.zeros(2, *spaces.image_shape, dtype=torch.uint8)
    nothing = torch.zeros(2)
    step = TimeStep(obs, nothing.long(), nothing, nothing.bool(), ~nothing.bool())
    action, _, _ = agent.act(agent.initial_carry(2), step, torch.Generator().manual_seed(0))
    assert action.shape == (2,)


@pytest.fixture
def folder(tmp_path):
    """Two seeds of one agent, the second above nine."""
    for seed in (2, 10):
        target = tmp_path / "toy" / f"seed_{seed}"
        target.parent.mkdir(exist_ok=True)
        source = PRETRAINED / names()[0]
        shutil.copy(source.with_suffix(".safetensors"), target.with_suffix(".safetensors"))
        card = {**json.loads(source.with_suffix(".json").read_text()), "name": f"toy/seed_{seed}"}
        target.with_suffix(".json").write_text(json.dumps(card))
        target.with_suffix(".curve.json").write_text("{}")
    return tmp_path


def named(name, folder):
    return find_pretrained(cards.Path("pretrained") / name, folder)


def test_a_family_means_its_lowest_seed(folder):
    assert names(folder) == ["toy/seed_2", "toy/seed_10"]
    assert named("toy", folder) == folder / "toy" / "seed_2.safetensors"
    assert named("toy/seed_10", folder) == folder / "toy" / "seed_10.safetensors"
    assert find_pretrained(cards.Path("runs/toy"), folder) is None
    with pytest.raises(ValueError, match=r"did you mean pretrained/toy\? choose from toy"):
        named("tpy", folder)


def test_altered_and_missing_files_are_named_with_the_remedy(folder):
    weights = folder / "toy" / "seed_2.safetensors"
    require_unaltered(weights, folder)
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"was altered.*restore it with git checkout"):
        require_unaltered(weights, folder)
    weights.unlink()
    with pytest.raises(ValueError, match="is missing; restore it"):
        require_unaltered(weights, folder)
    weights.write_bytes(whole)
    weights.with_suffix(".json").write_text("{}")
    with pytest.raises(ValueError, match="not an agent's card"):
        require_unaltered(weights, folder)
    weights.with_suffix(".json").unlink()
    with pytest.raises(ValueError, match="card, is missing"):
        require_unaltered(weights, folder)


def test_loading_checks(folder, monkeypatch):
    monkeypatch.setattr(cards, "PRETRAINED", folder)
    weights = folder / "toy" / "seed_2.safetensors"
    load_agent(weights)
    whole = bytearray(weights.read_bytes())
    whole[-1] ^= 1
    weights.write_bytes(whole)
    with pytest.raises(ValueError, match="was altered"):
        load_agent(weights)
