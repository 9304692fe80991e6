"""Each control shows its agent what its name says, and nothing else is changed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.scripted import ScriptedEnv, UniformTasks

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import Spaces, TimeStep
from rl2_mazes.eval.controls.moved_target import move_targets, target_in_place
from rl2_mazes.eval.controls.wrappers import (
    CameraCovered,
    MemoryReset,
    WithoutFeedback,
    WithoutOutcomes,
    greedily,
)
from rl2_mazes.eval.trials.runner import evaluate
from rl2_mazes.mazes.maze import NORTH, Maze, Pose
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinEnv


@pytest.fixture
def timestep() -> TimeStep:
    """Three environments: first step of a trial, of a second episode, and one in between."""
    return TimeStep(
        obs=torch.randint(1, 256, (3, 6, 8, 3), dtype=torch.uint8),
        prev_action=torch.tensor([0, 2, 1]),
        prev_reward=torch.tensor([0.0, 0.96, -0.04]),
        prev_done=torch.tensor([False, True, False]),
        is_first=torch.tensor([True, False, False]),
    )


def changed(control, timestep: TimeStep) -> dict[str, list]:
    """The fields that the control changes."""
    shown = control(Counter()).shown(timestep)
    return {
        name: after.tolist()
        for name, before, after in zip(TimeStep._fields, timestep, shown, strict=True)
        if not torch.equal(before, after)
    }


def test_greedy_actions_are_the_likeliest_and_the_agent_itself_goes_on_sampling():
    torch.manual_seed(0)
    agent = RL2Agent(
        Spaces(num_actions=5, num_states=2), RL2Settings(memory=GRUSettings(hidden_size=8))
    )
    many = 200
    none = torch.zeros(many, dtype=torch.int64)
    steps = TimeStep(none, none, none.float(), none.bool(), ~none.bool())
    carry = agent.initial_carry(many)
    rng = torch.Generator().manual_seed(0)
    likeliest = agent(TimeStep(*(x[None] for x in steps)), carry)[0][0].argmax(-1)
    action, _, extras = greedily(agent).act(carry, steps, rng)
    assert action.tolist() == likeliest.tolist()
    assert (extras.log_prob.exp() < 0.9).all()  # which sampling would not take each time
    assert len(agent.act(carry, steps, rng)[0].unique()) > 1


def test_a_memory_reset_makes_an_episodes_first_step_a_trials(timestep):
    assert changed(MemoryReset, timestep) == {
        "prev_action": [0, 0, 1],
        "prev_reward": [0.0, 0.0, pytest.approx(-0.04)],
        "prev_done": [False] * 3,
        "is_first": [True, True, False],
    }


def test_a_covered_camera_sees_black(timestep):
    assert changed(CameraCovered, timestep) == {"obs": np.zeros((3, 6, 8, 3)).tolist()}


def test_without_outcomes_and_without_feedback(timestep):
    without = {"prev_reward": [0.0] * 3, "prev_done": [False] * 3}
    assert changed(WithoutOutcomes, timestep) == without
    assert changed(WithoutFeedback, timestep) == without | {"prev_action": [0] * 3}


class Counter:
    """Acts on the number of steps in its carry, which `is_first` resets."""

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, dtype=torch.int64)

    def act(self, carry, timestep, rng):
        carry = torch.where(timestep.is_first, 0, carry)
        return carry % 3, carry + 1, "extras"


def test_after_a_memory_reset_each_episode_is_a_first_one():
    def actions(agent):
        env = ScriptedEnv(2, [[4, 5, 2]] * 3)
        return evaluate(agent, Trial(env, UniformTasks(1), 3, tasks=torch.arange(3)), 3, 0).actions

    assert actions(MemoryReset(Counter())).tolist() == [0, 1, 2, 0, 0, 1, 2, 0, 1, 0, 1] * 3
    assert actions(CameraCovered(Counter())).tolist() == [i % 3 for i in range(11)] * 3


def test_a_reset_network_acts_as_at_the_start(timestep):
    """Two networks' worth: at an episode's start it is as at a trial's, whatever the carry."""
    torch.manual_seed(0)
    agent = RL2Agent(
        Spaces(3, (6, 8, 3)), RL2Settings(conv=[[4, 4, 2]], memory=GRUSettings(hidden_size=8))
    )
    carry = torch.randn(3, 8)
    rng = torch.Generator().manual_seed(0)
    fresh = timestep._replace(
        prev_action=torch.tensor([0, 0, 1]),
        prev_reward=torch.tensor([0, 0, -0.04]),
        prev_done=torch.zeros(3, dtype=torch.bool),
        is_first=torch.tensor([True, True, False]),
    )
    _, reset, _ = MemoryReset(agent).act(carry, timestep, rng)
    _, expected, _ = agent.act(torch.where(fresh.is_first[:, None], 0, carry), fresh, rng)
    assert torch.equal(reset, expected)
    _, kept, _ = agent.act(carry, timestep, rng)
    assert not torch.equal(reset[1], kept[1])
    assert torch.equal(reset[2], kept[2])


def corridor(starts) -> Maze:
    """Rooms at columns 1, 3, 5; the target in the last."""
    walls = np.ones((3, 7), dtype=bool)
    walls[1, 1:6] = False
    return Maze(walls, starts, ((1, 5),), texture_set=2)


def test_targets_move_to_another_room_every_time():
    """Three rooms, one of them the start's: the target is now here, now there."""
    maze = corridor((Pose(1, 1),))
    moved = move_targets(MazeSet([maze, maze]), 4, seed=0)
    assert [each.targets for each in moved] == [((1, 5), (1, 3), (1, 5), (1, 3))] * 2
    assert all(set(each.starts) == {Pose(1, 1)} and each.texture_set == 2 for each in moved)
    assert all((each.walls == maze.walls).all() for each in moved)
    kept = target_in_place(moved)
    assert [each.targets for each in kept] == [((1, 5),)] * 2


def test_each_episode_keeps_its_start():
    maze = corridor((Pose(1, 1), Pose(1, 3, NORTH)))
    moved = move_targets(MazeSet([maze]), 2, seed=0)
    assert moved[0].starts == maze.starts
    assert moved[0].targets == ((1, 5), (1, 1))


def test_a_target_in_place_is_no_episodes_start():
    starts, targets = (Pose(1, 1), Pose(1, 5)), ((1, 5), (1, 1))
    swapped = replace(corridor((Pose(1, 1),)), starts=starts, targets=targets)
    (kept,) = target_in_place(MazeSet([swapped]))
    assert (kept.starts, kept.targets) == ((Pose(1, 1), Pose(1, 1)), ((1, 5),))


def test_moved_targets_depend_on_the_seed_and_reach_every_room():
    mazes = MazeSet.draw(MazeTasks(rooms=3, num_mazes=60))
    moved = [move_targets(mazes, 2, seed) for seed in (0, 0, 1)]
    targets = [[maze.target(1) for maze in each] for each in moved]
    assert targets[0] == targets[1] != targets[2]
    assert len(set(targets[0])) == 9
    assert all(maze.target(0) != maze.target(1) for maze in moved[0])


class Ahead:
    def initial_carry(self, batch_size):
        return 0

    def act(self, carry, timestep, rng):
        return torch.full(timestep.is_first.shape, 2), carry, None


@pytest.mark.parametrize("num_envs", [1, 2, 3])
def test_each_episode_is_played_with_its_own_target(num_envs):
    """Straight ahead in corridors: 4 steps to room 5, 2 to room 3."""
    maze = corridor((Pose(1, 1),))
    moved = move_targets(MazeSet([maze] * 3), 3, seed=0)
    rules = MazeRules(movement="grid", horizon=9, obs_height=1, obs_width=1)
    trial = Trial(TwinEnv(moved, rules, num_envs), moved, 3, tasks=torch.arange(3))
    log = evaluate(Ahead(), trial, 3, seed=0)
    assert log.length.tolist() == [[4, 2, 4]] * 3
    assert log.success.all()
    assert log.poses is not None
