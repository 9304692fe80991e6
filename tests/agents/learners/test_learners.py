"""The contract of every learner in the registry; a new one is covered by registering it."""

import copy

import pytest
import torch
from support.levers import SMALL, Levers

from rl2_mazes.agents.learners.base import NotFiniteError
from rl2_mazes.agents.learners.duan2016 import Duan2016Settings
from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.learners.trpo import TRPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Settings
from rl2_mazes.core.registries.groups import LEARNERS

EVERY = pytest.mark.parametrize("kind", LEARNERS.all().values(), ids=LEARNERS)
TO_LEARN = {  # settings that solve the levers within seconds, and the number of rollouts
    PPOSettings: ({"lr": 5e-3, "ent_coef": 0.0}, 20),
    TRPOSettings: ({"max_kl": 0.05, "cg_iterations": 5, "value_lr": 1e-2}, 25),
    Duan2016Settings: ({"lr": 5e-3, "max_kl": 0.1, "clip_coef": 0.3, "minibatch_trials": 256}, 20),
}


@EVERY
def test_learns_to_remember_which_lever_paid(kind):
    settings, num_updates = TO_LEARN[kind]
    levers = Levers(
        num_envs=64, settings=RL2Settings(dense_size=16, memory=GRUSettings(hidden_size=16))
    )
    learner = kind(**settings).build(levers.agent, seed=0)
    metrics, rollout = {}, levers(2)
    for _ in range(num_updates):
        rollout = levers(16)
        metrics = learner.update(rollout)
    second = rollout.episode == 1
    assert rollout.reward[second].mean() > 0.95  # without memory: 0.5
    assert 0.3 < rollout.reward[~second].mean() < 0.7
    assert all(isinstance(value, int | float) for value in metrics.values())


@EVERY
def test_resumes_bit_for_bit(kind, tmp_path):
    levers = Levers(num_envs=8)
    learner = kind().build(levers.agent, seed=0)
    learner.update(levers())
    rollout = levers()
    torch.save(learner.state_dict(), tmp_path / "state.pt")
    agent = copy.deepcopy(levers.agent)
    metrics = learner.update(rollout)

    again = kind().build(agent, seed=1)
    again.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert again.update(rollout) == metrics
    for name, weight in agent.state_dict().items():
        assert torch.equal(weight, levers.agent.state_dict()[name]), name


def spoiled(rollout, where):
    """The rollout with one entry that is not finite."""
    timesteps = rollout.timesteps
    if where == "prev_reward":
        broken = timesteps.prev_reward.clone()
        broken[1, 1] = torch.nan
        return rollout._replace(timesteps=timesteps._replace(prev_reward=broken))
    broken = getattr(rollout, where).clone()
    broken[1, 1] = torch.inf if where == "log_prob" else torch.nan
    if where == "reward":  # which is the training reward, too
        rollout = rollout._replace(training_reward=broken)
    return rollout._replace(**{where: broken})


@EVERY
@pytest.mark.parametrize(
    ("where", "named"),
    [
        ("reward", "the reward is NaN or infinite"),
        ("training_reward", "the training reward is NaN or infinite"),
        ("value", "the value predicted in the rollout is NaN or infinite"),
        ("prev_reward", "is NaN or infinite"),
    ],
)
def test_the_cause_of_nan_is_named(kind, where, named):
    levers = Levers(num_envs=8)
    learner = kind().build(levers.agent, seed=0)
    with pytest.raises(NotFiniteError, match=named):
        learner.update(spoiled(levers(), where))


@EVERY
def test_a_weight_that_is_nan_is_found(kind):
    levers = Levers(num_envs=8)
    learner = kind().build(levers.agent, seed=0)
    rollout = levers()
    with torch.no_grad():
        levers.agent.dense.weight[0, 0] = torch.nan
    with pytest.raises(NotFiniteError):
        learner.update(rollout)


@EVERY
def test_rollouts_may_have_any_shape(kind):
    for num_envs, num_steps in ((4, 1), (8, 3)):
        levers = Levers(num_envs=num_envs, settings=SMALL)
        assert kind().build(levers.agent, seed=0).update(levers(num_steps))


def test_every_learner_has_a_preset():
    from omegaconf import OmegaConf
    from support.presets import composed

    from rl2_mazes.core import cli

    chosen = set()
    for preset in sorted((cli.CONF / "learner").glob("*.yaml")):
        config = composed(f"learner={preset.stem}")
        chosen.add(type(OmegaConf.to_object(config).learner))  # type: ignore[union-attr]
    assert chosen == set(LEARNERS.all().values())
