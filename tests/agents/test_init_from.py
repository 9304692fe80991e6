"""A training that begins with the weights of another."""

import shutil
from dataclasses import replace

import pytest
import torch
from support.programs import run

from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.training.checkpoint import CheckpointError, load_agent, warm_start

SHORT = (
    "experiment=bandit_k5_n10", "agent.memory.hidden_size=24", "num_envs=16", "num_steps=10",
    "tensorboard=false",
)  # fmt: skip
LONGER = (
    *SHORT, "suite=bandits/k5_n100", "name=longer", "seed=1", "learner.lr=1e-9",
    "init_from=runs/bandit_k5_n10/seed_0",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with an agent trained on short trials, and one warm-started on longer ones."""
    cwd = tmp_path_factory.mktemp("place")
    run(cwd, "rl2_mazes.agents.train", *SHORT, "total_steps=320")
    # A learning rate of next to nothing: what it is given it still has.
    done = run(cwd, "rl2_mazes.agents.train", *LONGER, "total_steps=160")
    assert "warm start from runs/bandit_k5_n10/seed_0, 320 steps" in done.stderr
    return cwd


@pytest.mark.slow
def test_it_has_its_weights_and_counts_its_steps(place):
    (short, _), (longer, card) = (
        load_agent(place / "runs" / name) for name in ("bandit_k5_n10/seed_0", "longer/seed_1")
    )
    torch.testing.assert_close(short.policy.weight, longer.policy.weight)
    torch.testing.assert_close(short.memory.cell.weight_hh, longer.memory.cell.weight_hh)
    assert short.policy.weight.std() > 0.001
    assert (card.steps, card.init_steps, card.all_steps) == (160, 320, 480)
    assert card.all_seconds > card.seconds > 0
    assert [suite["num_pulls"] for suite in card.all_suites] == [10, 100]


@pytest.mark.slow
def test_gone_on_with_it_begins_from_its_own_checkpoint(place, tmp_path):
    shutil.copytree(place / "runs" / "longer", tmp_path / "runs" / "longer")  # and nothing else
    done = run(tmp_path, "rl2_mazes.agents.train", *LONGER, "total_steps=320")
    assert "resuming from 160 steps" in done.stderr
    assert "warm start" not in done.stderr
    assert load_agent(tmp_path / "runs" / "longer" / "seed_1")[1].all_steps == 640


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("init_from=pretrained/bandit_k5_n11", "did you mean pretrained/bandit_k5_n10"),
        ("init_from=runs/nothing", "checkpoint runs/nothing does not exist"),
        ("agent.memory.hidden_size=20", "has agent.memory.hidden_size=24, this run has 20"),
        ("suite=bandits/k10_n100", "has spaces.num_actions=5, this run has 10"),
    ],
)
def test_what_cannot_be_begun_from_is_named(place, changed, message):
    arguments = [*LONGER, changed, "name=other", "total_steps=160"]
    if changed.startswith("init_from"):
        arguments.remove(LONGER[-1])
    done = run(place, "rl2_mazes.agents.train", *arguments, expect=2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    if changed.startswith("init_from"):
        assert not (place / "runs" / "other").exists()


def test_what_plays_no_part_may_differ():
    """`demo_without_aux` is older than what critics are stated, and no critic of its is."""
    demo, _ = load_agent("pretrained/demo_without_aux")
    spaces = replace(demo.spaces, num_privileged=7)
    other = RL2Agent(
        spaces, replace(demo.settings, memory=replace(demo.settings.memory, update_gate_bias=3.0))
    )
    warm_start(other, "pretrained/demo_without_aux")
    assert torch.equal(other.value.weight, demo.value.weight)
    stated = RL2Agent(spaces, replace(demo.settings, privileged_critic=True))
    with pytest.raises(CheckpointError, match=r"has agent\.privileged_critic=False"):
        warm_start(stated, "pretrained/demo_without_aux")
