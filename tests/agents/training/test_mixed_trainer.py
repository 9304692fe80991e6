"""Training on a mixture of rows: one set of weights, and exact resumption."""

from copy import deepcopy

import pytest
import torch

from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.training import mixed_trainer
from rl2_mazes.agents.training.mixed_trainer import MixedTrainer
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.tabular.mixed_suite import MixedSuite

BANDITS = MixedSuite(["bandits/k3_n5", "bandits/k6_n200"])
SHORT_BANDITS = MixedSuite(["bandits/k3_n5", "bandits/k6_n10"])
MDPS = MixedSuite(["mdps/s3_a2_t4_n3", "mdps/s4_a3_t2_n3"])


def start(suite, memory="gru", **settings):
    torch.manual_seed(0)
    chosen = ExchangeableSettings(
        memory=MEMORIES.get(memory)(hidden_size=6), embedding_size=5, **settings
    )
    agent = chosen.build(suite.spaces)
    ppo = PPOSettings(num_minibatches=2, epochs=1, gamma=1.0, value_norm_decay=0.5)
    return MixedTrainer(agent, ppo, suite, num_envs=2, seed=0)


def weights(trainer):
    return torch.cat([each.detach().flatten() for each in trainer.agent.parameters()])


def test_rows_have_rollouts_of_about_one_length():
    trainer = start(BANDITS)
    sizes = {row: (each.trial.env.num_envs, each.num_steps) for row, each in trainer.rows.items()}
    assert sizes == {"bandits/k3_n5": (4, 100), "bandits/k6_n200": (2, 200)}
    metrics = trainer.iterate()
    assert trainer.steps == 800
    assert metrics["bandits/k3_n5/trial_return"] > 0
    assert metrics["bandits/k6_n200/training_reward"] < 0


@pytest.mark.parametrize("memory", ["gru", "mean"])
@pytest.mark.parametrize("suite", [SHORT_BANDITS, MDPS], ids=["bandits", "mdps"])
def test_a_resumed_training_continues_exactly(suite, memory, monkeypatch):
    monkeypatch.setattr(mixed_trainer, "LEAST_STEPS", 12)
    settings = {"memory": memory, "planning_rounds": 2 * (suite is MDPS)}
    whole = start(suite, **settings)
    for _ in range(2):
        whole.iterate()
    saved = deepcopy(whole.state_dict())
    agent = {name: x.clone() for name, x in whole.agent.state_dict().items()}
    resumed = start(suite, **settings)
    resumed.agent.load_state_dict(agent)
    assert resumed.load_state_dict(saved, whole.steps)
    for each in (whole, resumed):
        each.iterate()
    assert resumed.steps == whole.steps
    assert torch.equal(weights(whole), weights(resumed))


def test_every_row_moves_the_weights_and_keeps_its_own_units():
    trainer = start(BANDITS)
    before = weights(trainer)
    trainer.iterate()
    assert not torch.equal(before, weights(trainer))
    units = {float(each.agent.value_mean) for each in trainer.rows.values()}
    assert len(units) == 2


def test_short_trials_have_the_environments_that_were_asked_for():
    trainer = start(MixedSuite(["bandits/k3_n5", "bandits/k5_n10"]))
    assert {each.trial.env.num_envs for each in trainer.rows.values()} == {2}


def test_the_state_of_another_training_is_refused_in_one_line():
    with pytest.raises(UserError, match="is not this training's"):
        start(BANDITS).load_state_dict({"learner": {}, "processes": []}, 100)
