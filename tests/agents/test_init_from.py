"""A training that begins with the weights of another."""

import pytest
import torch
from test_train import run

from agents.checkpoint import CheckpointError, begin_from, load_agent
from agents.rl2 import RL2Agent

SHORT = (
    "experiment=bandit_k5_n10", "agent.hidden_size=24", "num_envs=16", "num_steps=10",
    "tensorboard=false",
)  # fmt: skip
LONGER = (*SHORT, "suite=bandits/k5_n100", "name=longer", "init_from=runs/bandit_k5_n10/seed_0")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where an agent was trained on short trials, and gone on with on longer ones."""
    cwd = tmp_path_factory.mktemp("place")
    run(cwd, "agents.train", *SHORT, "total_steps=320")
    # A learning rate of next to nothing: what it is given it still has.
    done = run(cwd, "agents.train", *LONGER, "total_steps=160", "learner.lr=1e-9")
    assert "beginning from runs/bandit_k5_n10/seed_0, 320 steps" in done.stderr
    return cwd


@pytest.mark.slow
def test_it_has_its_weights_and_counts_its_steps(place):
    (short, _), (longer, card) = (
        load_agent(place / "runs" / name / "seed_0") for name in ("bandit_k5_n10", "longer")
    )
    assert torch.equal(short.policy.weight.sign(), longer.policy.weight.sign())
    torch.testing.assert_close(short.memory.cell.weight_hh, longer.memory.cell.weight_hh)
    assert (card.steps, card.init_steps, card.all_steps) == (160, 320, 480)
    assert card.all_seconds > card.seconds > 0
    assert card.suite["num_pulls"] == 100


@pytest.mark.slow
def test_gone_on_with_it_begins_from_its_own_checkpoint(place):
    done = run(place, "agents.train", *LONGER, "total_steps=320", "learner.lr=1e-9")
    assert "going on from 160 steps" in done.stderr
    assert load_agent(place / "runs" / "longer" / "seed_0")[1].all_steps == 640


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("init_from=pretrained/bandit_k5_n11", "did you mean pretrained/bandit_k5_n10"),
        ("init_from=runs/nothing", "checkpoint runs/nothing does not exist"),
        ("agent.hidden_size=20", "has agent.hidden_size=24, this run has 20"),
        ("suite=bandits/k10_n100", "has spaces.num_actions=5, this run has 10"),
    ],
)
def test_what_cannot_be_begun_from_is_named(place, changed, message):
    arguments = [*LONGER, changed, "name=other", "total_steps=160"]
    if changed.startswith("init_from"):
        arguments.remove(LONGER[-1])
    done = run(place, "agents.train", *arguments, expect=2)
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_agent_of_other_settings_is_refused(place):
    trained, _ = load_agent(place / "runs" / "longer" / "seed_0")
    other = RL2Agent(trained.spaces, type(trained.settings)(hidden_size=8))
    with pytest.raises(CheckpointError, match=r"this run has"):
        begin_from(other, place / "runs" / "longer" / "seed_0")
