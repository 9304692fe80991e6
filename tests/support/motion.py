"""Recorded trials in the twin, with true poses."""

from typing import NamedTuple

import numpy as np
import torch

from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.rules import FORWARD, MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

REACH = 6  # cells, of mazes of 3x3 rooms
TURNS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # a cell forward, by heading: (ahead, left)


class Record(NamedTuple):
    """T steps of B environments."""

    inputs: tuple[torch.Tensor, ...]  # is_first, action, reward, done, [T, B] each
    success: np.ndarray  # [T, B]
    place: np.ndarray  # [2, T, B] cells ahead of the episode's start and to its left
    angle: np.ndarray  # [T, B] radians
    target: np.ndarray  # [2, T, B] as `place`
    privileged: np.ndarray  # [T, B, NUM_PRIVILEGED]
    rules: MazeRules


def record(movement, steps, horizon, actions=None, num_envs=16, **tasks):
    """Random trials of two episodes, or those of given actions [T]."""
    suite = MazeSuite(
        tasks=MazeTasks(num_mazes=30, **tasks), rules=MazeRules(movement=movement, horizon=horizon)
    )
    env, mazes = suite.build(num_envs, torch.device("cpu"), TwinSettings())
    trial = Trial(env, mazes, 2)
    timestep = trial.reset(0)
    rng = torch.Generator().manual_seed(0)
    rows = []
    for t in range(steps):
        task, episode = trial.env._simulator.tensors()["task"], trial.episode.tolist()
        now = [(mazes[int(i)], k) for i, k in zip(task, episode, strict=True)]
        start = np.array([maze.start(k) for maze, k in now])
        target = np.array([maze.target(k) for maze, k in now])
        pose = env.poses.double().numpy()
        place = pose[:, 0] / 96 - start[:, 1] - 0.5, pose[:, 1] / 96 + start[:, 0] + 0.5
        goal = target[:, 1] - start[:, 1], start[:, 0] - target[:, 0]  # every start faces east
        action = torch.randint(2 * FORWARD, (num_envs,), generator=rng).clamp(max=FORWARD)
        if actions is not None:
            action = torch.full_like(action, actions[t])
        first, privileged = timestep.is_first.clone(), env.privileged().numpy()
        timestep, outcome = trial.step(action)
        known = outcome.reward.clone(), outcome.done.clone(), outcome.success.clone()
        rows.append((first, action, *known, place, np.radians(pose[:, 2]), goal, privileged))
    first, action, reward, done, success, place, angle, goal, privileged = zip(*rows, strict=True)
    inputs = tuple(torch.stack(x) for x in (first, action, reward, done))
    truth, target = (np.array(x).transpose(1, 0, 2) for x in (place, goal))
    success = torch.stack(success).numpy()
    arrays = truth, np.array(angle), target, np.array(privileged)
    return Record(inputs, success, *arrays, suite.rules)
