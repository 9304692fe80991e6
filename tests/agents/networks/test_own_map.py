"""An agent with a map of its own: acting, learning, saving, and suites that it is not for."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from rl2_mazes.agents.learners.duan2016 import Duan2016Learner, Duan2016Settings
from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.learners.trpo import TRPO, TRPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.own_map import MOST
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.double_buffered import DoubleBufferedCollector
from rl2_mazes.agents.rollouts.rollout import collect, concatenate
from rl2_mazes.agents.training import trainer
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.split_trial import SplitTrial
from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

SMALL = {"conv": [[8, 8, 4]], "dense_size": 16, "feedback_size": 16, "map_radius": 2}
SUITE = MazeSuite(tasks=MazeTasks(num_mazes=4), rules=MazeRules(movement="grid", horizon=20))
BOTH = torch.arange(8)


def build(spaces=SUITE.spaces, **changes):
    torch.manual_seed(0)
    memory = GRUSettings(hidden_size=16)
    return RL2Agent(spaces, RL2Settings(**SMALL | {"memory": memory} | changes))


def roll(agent, suite=SUITE):
    """Two rollouts, one after the other."""
    env, sampler = suite.build(8, torch.device("cpu"), TwinSettings())
    trial = Trial(env, sampler, 2)
    rng = torch.Generator().manual_seed(0)
    carry, timestep = agent.initial_carry(8), trial.reset(0)
    first, carry, timestep = collect(agent, trial, carry, timestep, 60, rng)
    second, *_ = collect(agent, trial, carry, timestep, 60, rng)
    return first, second


@pytest.fixture(scope="module")
def agent():
    return build()


@pytest.fixture(scope="module")
def rollouts(agent):
    return roll(agent)


@pytest.mark.parametrize("fusion_sizes", [[], [16]])
def test_learning_sees_the_views_that_acting_saw(fusion_sizes):
    """Also of a rollout that begins inside a trial, and without the views of acting."""
    agent = build(fusion_sizes=fusion_sizes)
    rollouts = roll(agent)
    for rollout in rollouts:
        inputs = rollout.take_envs(BOTH)
        outputs = agent(*inputs)
        taken = outputs.log_probs.gather(-1, rollout.action[..., None]).squeeze(-1)
        assert_close(taken, rollout.log_prob)
        anew = agent(*inputs._replace(view=None))
        assert torch.equal(anew.log_probs, outputs.log_probs)
    assert rollouts[1].view.float().std(1).max() > 0


def test_the_policy_depends_on_the_map(agent, rollouts):
    inputs = rollouts[1].take_envs(BOTH)
    other = inputs._replace(view=255 - inputs.view)
    assert not torch.allclose(agent(*other).log_probs, agent(*inputs).log_probs)


def test_a_value_is_predicted_without_moving_on(agent, rollouts):
    rollout = rollouts[1]
    first = type(rollout.timesteps)(*(field[0] for field in rollout.timesteps))
    values = [agent.predict_value(rollout.carry, first) for _ in range(2)]
    assert torch.equal(*values)
    assert_close(values[0], rollout.value[0])


def test_a_new_trial_resets_it(agent, rollouts):
    rollout = rollouts[1]
    now = type(rollout.timesteps)(*(field[5] for field in rollout.timesteps))
    zeros = torch.zeros_like(now.prev_action)
    now = now._replace(
        prev_action=zeros,
        prev_reward=zeros.float(),
        prev_done=zeros.bool(),
        is_first=torch.ones_like(now.is_first),
    )
    after = [
        agent.act(carry, now, torch.Generator().manual_seed(0))[1]
        for carry in (rollout.carry, agent.initial_carry(8))
    ]
    assert torch.equal(*after)


def test_without_a_map_there_is_no_view():
    plain = build(map_radius=0)
    rollout = roll(plain)[0]
    assert rollout.view.shape == (60, 8, 0)
    assert rollout.take_envs(BOTH).view.shape == (60, 8, 0)
    assert plain.map is None
    assert not plain.acts_on_host


def test_it_is_in_no_cuda_graph(agent, monkeypatch):
    assert not agent.is_capturable()
    monkeypatch.setattr(trainer, "GraphCollector", lambda *arguments: "captured")
    cuda = SimpleNamespace(type="cuda")
    trial: Any = SimpleNamespace(env=SimpleNamespace(device=cuda))
    for each, expected in ((build(map_radius=0), True), (agent, False)):
        collector: Any = SimpleNamespace(device=cuda, acts_on_host=each.acts_on_host)
        made = trainer.make_collector(collector, trial, 5, torch.Generator())
        assert (made == "captured") == expected


def test_rollouts_of_several_collectors_are_joined_with_their_views(rollouts):
    joined = concatenate(rollouts)
    assert torch.equal(joined.view, torch.cat([each.view for each in rollouts], 1))


@pytest.mark.parametrize(
    ("learner", "settings"),
    [
        (PPO, PPOSettings(num_minibatches=2)),
        (TRPO, TRPOSettings(num_minibatches=2)),
        (Duan2016Learner, Duan2016Settings()),
    ],
    ids=["ppo", "trpo", "duan2016"],
)
def test_every_learner_trains_it(learner, settings):
    own = build()
    rollout = roll(own)[0]
    before = own.feedback.weight.clone()
    learner(own, settings, seed=0).update(rollout)
    views = slice(SUITE.spaces.num_actions + 2, None)
    assert (own.feedback.weight != before)[:, views].any()


def test_suites_that_it_cannot_reckon_in_are_refused(agent):
    for key in ("wall_penalty", "target_reward"):
        silent = replace(SUITE, rules=replace(SUITE.rules, **{key: 0.0}))
        with pytest.raises(
            UserError, match=r"agent\.map_radius is 2, but the suite's rewards tell"
        ):
            build(silent.spaces)
    with pytest.raises(UserError, match="or agent=rl2, which has no map"):
        build(BanditSuite(2, 3).spaces)
    with pytest.raises(
        UserError, match=rf"agent\.map_radius is {MOST + 1}; it must be at most {MOST}"
    ):
        build(map_radius=MOST + 1)
    walking = replace(SUITE, rules=MazeRules())
    with pytest.raises(UserError, match=r"the agent's map is for .*grid.*, the suite has .*walk"):
        agent.for_spaces(walking.spaces)
    dearer = replace(SUITE, rules=replace(SUITE.rules, wall_penalty=-0.01))
    with pytest.raises(
        UserError, match=r"the agent's map is for .*-0.001.*, the suite has .*-0.01"
    ):
        agent.for_spaces(dearer.spaces)
    assert agent.for_spaces(SUITE.spaces) is agent
    assert build(map_radius=0).for_spaces(dearer.spaces)


def test_halves_that_act_in_turn_in_threads_have_maps_of_their_own(agent):
    halves = []
    for _ in range(2):
        env, sampler = SUITE.build(8, torch.device("cpu"), TwinSettings())
        halves.append(Trial(env, sampler, 2))
    trial = SplitTrial(halves)
    collector = DoubleBufferedCollector(agent, trial, 60, torch.Generator().manual_seed(0))
    carry, timestep = agent.initial_carry(16), trial.reset(0)
    for _ in range(3):
        rollout, carry, timestep = collector(carry, timestep)
        anew = agent.map.unroll(agent._split(rollout.carry)[1], rollout.timesteps)
        assert torch.equal(anew, rollout.view)
