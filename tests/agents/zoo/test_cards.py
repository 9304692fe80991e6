"""Pretrained agents by name: every file is whole, and an error names what is not."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from rl2_mazes.agents.training.checkpoint import find_weights, load_agent
from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.cards import (
    PRETRAINED,
    find_pretrained,
    names,
    read_card,
    require_unaltered,
    sha256,
)
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import TimeStep


@pytest.mark.parametrize("name", names())
def test_every_card_has_results_and_a_curve(name):
    card = read_card(name)
    assert card.results, "a published agent has been evaluated"
    assert {each["train_steps"] for each in card.results} == {card.steps}
    curve = json.loads((PRETRAINED / f"{name}.curve.json").read_text())
    assert curve["steps"][-1] == card.steps
    assert {len(points) for points in curve.values()} == {len(curve["steps"])}


@pytest.mark.parametrize("name", names())
def test_every_published_agent_is_whole_and_acts(name):
    card = read_card(name)
    if not card.has_weights:
        assert not (PRETRAINED / f"{name}.safetensors").exists()
        with pytest.raises(UserError, match=rf"pretrained/{name} has a card .* but no weights"):
            load_agent(f"pretrained/{name}")
        return
    weights = find_weights(cards.Path("pretrained") / name)
    assert weights.stat().st_size <= cards.MOST_BYTES
    agent, trained = load_agent(f"pretrained/{name}")
    assert trained.all_steps == card.steps
    assert {x.dtype for x in agent.state_dict().values()} == {torch.float32}
    with safe_open(weights, framework="pt") as file:
        stored = {str(file.get_tensor(key).dtype) for key in file.keys()}  # noqa: SIM118
    assert f"torch.{card.precision}" in stored <= {"torch.float32", f"torch.{card.precision}"}

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


def test_an_agent_without_weights_is_skipped_in_its_family_and_named(folder):
    card = folder / "toy" / "seed_2.json"
    without = {**json.loads(card.read_text()), "has_weights": False, "preset": "toy", "seed": 2}
    card.write_text(json.dumps(without))
    card.with_suffix(".safetensors").unlink()
    assert named("toy", folder) == folder / "toy" / "seed_10.safetensors"
    remedy = "use pretrained/toy/seed_10, or train it: rl2-train experiment=toy seed=2"
    with pytest.raises(
        UserError, match=f"pretrained/toy/seed_2 has a card .* no weights; {remedy}"
    ):
        named("toy/seed_2", folder)
    with pytest.raises(UserError, match="no weights"):
        require_unaltered(card.with_suffix(".safetensors"), folder)


def test_a_card_keeps_lists_of_numbers_on_one_line(folder):
    card = read_card("toy/seed_2", folder)
    card = replace(card, results=[{"ci": [[0.5, None], [1, 2]], "of": "[ a ]"}], name="toy/other")
    text = card.write(folder).read_text()
    assert '"ci": [[0.5, null], [1, 2]],' in text
    assert read_card("toy/other", folder) == card


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


@pytest.mark.parametrize("link", ["out", "in", "through", "hard", "folder", "other", "loop"])
def test_links_to_other_weights_are_refused(folder, tmp_path_factory, link):
    weights = folder / "toy" / "seed_2.safetensors"
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    given, altered = weights, elsewhere / "altered.safetensors"
    altered.write_bytes(weights.read_bytes()[:-1] + b"!")
    message = "was altered"
    if link == "folder":
        shutil.move(folder / "toy", elsewhere)
        (folder / "toy").symlink_to(elsewhere / "toy")
        require_unaltered(weights, folder)
        shutil.copy(altered, weights)
    elif link == "in":
        shutil.copy(altered, weights)
    else:
        weights.unlink()
    if link in ("out", "through"):
        weights.symlink_to(altered)
    elif link == "hard":
        weights.hardlink_to(altered)
    elif link == "other":
        card = read_card("toy/seed_10", folder)
        replace(card, sha256=sha256(altered)).write(folder)
        shutil.copy(altered, folder / "toy" / "seed_10.safetensors")
        weights.symlink_to("seed_10.safetensors")
    elif link == "loop":
        weights.symlink_to(weights)
        message = "is missing"
    if link in ("in", "through"):
        given = elsewhere / "given.safetensors"
        given.symlink_to(weights)
    with pytest.raises(UserError, match=message):
        require_unaltered(given, folder)


def test_loading_checks(folder, monkeypatch):
    monkeypatch.setattr(cards, "PRETRAINED", folder)
    weights = folder / "toy" / "seed_2.safetensors"
    load_agent(weights)
    whole = bytearray(weights.read_bytes())
    whole[-1] ^= 1
    weights.write_bytes(whole)
    with pytest.raises(ValueError, match="was altered"):
        load_agent(weights)
