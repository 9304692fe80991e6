"""Tiny evaluated runs on disk, worked out from the map alone; the engine plays them alike."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from rl2_mazes.eval.metrics.summary import summary
from rl2_mazes.eval.trials.log_file import save_log
from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.maze import STEP, Maze
from rl2_mazes.mazes.planning.shortest_paths import grid_steps, shortest_lengths
from rl2_mazes.mazes.rules import CELL_SIZE, FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks

SUITE = MazeSuite(
    tasks=MazeTasks(split="test", num_mazes=4), rules=MazeRules(movement="grid", horizon=40)
)
ROUND = [TURN_LEFT] * 4  # and the agent is where it was


@lru_cache
def draw(num: int) -> MazeSet:
    return MazeSet.draw(replace(SUITE.tasks, num_mazes=num))


def shortest_actions(maze: Maze) -> list[int]:
    """Down the table of steps to the target."""
    table = grid_steps(maze)
    row, col, heading = maze.start(0)
    actions = []
    while table[row, col, heading] > 0:
        ahead = row + STEP[heading][0], col + STEP[heading][1], heading
        ways = {FORWARD: ahead}
        ways |= {
            TURN_LEFT: (row, col, (heading + 1) % 4),
            TURN_RIGHT: (row, col, (heading - 1) % 4),
        }
        best = table[row, col, heading] - 1
        action, (row, col, heading) = next(w for w in ways.items() if table[w[1]] == best)
        actions.append(action)
    return actions


def poses_of(maze: Maze, actions: Sequence[int]) -> np.ndarray:
    """[T, 3] where each action was taken."""
    row, col, heading = maze.start(0)
    poses = []
    for action in actions:
        poses.append([(col + 0.5) * CELL_SIZE, -(row + 0.5) * CELL_SIZE, 90.0 * heading])
        if action == FORWARD:
            row, col = row + STEP[heading][0], col + STEP[heading][1]
        else:
            heading = (heading + (1 if action == TURN_LEFT else -1)) % 4
    return np.array(poses, dtype=np.float32)


def log_of_rounds(rounds: Sequence[Sequence[int | None]]) -> TrialLog:
    """Trials of the test mazes.

    Args:
        rounds: For each trial and episode, how often the agent turns round before it takes the
            shortest path; None if it does nothing else.
    """
    horizon, penalty = SUITE.rules.horizon, SUITE.rules.step_penalty
    ways = [
        [ROUND * (horizon // 4) if r is None else ROUND * r + shortest_actions(maze) for r in trial]
        for maze, trial in zip(draw(len(rounds)), rounds, strict=True)
    ]
    success = np.array([[r is not None for r in trial] for trial in rounds])
    length = np.array([[len(way) for way in trial] for trial in ways])
    mazes = draw(len(rounds))
    return TrialLog(
        length=length,
        success=success,
        episode_return=(penalty * length + success).astype(np.float32),
        tasks=torch.arange(len(rounds)),
        actions=np.concatenate([way for trial in ways for way in trial]).astype(np.uint8),
        poses=np.concatenate(
            [poses_of(maze, way) for maze, t in zip(mazes, ways, strict=True) for way in t]
        ),
    )


def write_run(
    folder: Path,
    seed: int = 0,
    rounds: Sequence[Sequence[int | None]] = ((3, 0), (2, 0), (1, 0), (0, 1)),
    suite: MazeSuite = SUITE,
    **config: Any,
) -> Path:
    """A run's folder, as rl2-train and rl2-eval leave it; returns it.

    Args:
        folder: Of the run.
        seed: Of its training.
        rounds: As in `log_of_rounds`.
        suite: What results.json says that was played.
        config: More of config.yaml.
    """
    evaluation = folder / "evaluation"
    evaluation.mkdir(parents=True)
    log = log_of_rounds(rounds)
    mazes = list(draw(len(rounds)))
    episodes = log.length.shape[1]
    shortest = shortest_lengths(mazes, "grid", episodes)
    suite = replace(suite, episodes_per_trial=episodes)
    suite = replace(suite, tasks=replace(suite.tasks, num_mazes=len(rounds)))
    results = {
        **summary(log, shortest, mazes, suite.rules),
        "seconds": 1.5,
        "train_seconds": 801.0,
        "train_steps": 1_753_600,
        "checkpoint": str(folder / "checkpoints" / "step_000001753600" / "weights.safetensors"),
        "engine": "ViZDoom",
        "suite": asdict(suite),
        "seed": 0,
        "trained_on": asdict(replace(suite, tasks=replace(suite.tasks, split="train"))),
    }
    (evaluation / "results.json").write_text(json.dumps(results))
    save_log(evaluation / "trials.npz", log, shortest, mazes)
    settings = {"name": "demo", "seed": seed, "device": "auto", "suite": asdict(suite), **config}
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    lines = [
        {"steps": 6400 * i, "success_1": 0.5, "success_2": 0.5, "length_1": 20, "length_2": 30 - i}
        for i in range(1, 20)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def write_battery(folder: Path) -> None:
    """A battery of two conditions beside a run's evaluation."""
    results = json.loads((folder / "evaluation" / "results.json").read_text())
    conditions = [
        {
            **results,
            "condition": name,
            "group": group,
            "meaning": f"{name}, as a test would have it",
        }
        for name, group in (("as trained", "agent"), ("memory reset", "controls"))
    ]
    figures = {"shortening_lost_by_reset": 0.97, "shortening_lost_by_reset_ci": [0.9, 1.0]}
    battery = {**figures, "trials": 4, "engine": "twin", "conditions": conditions}
    (folder / "evaluation" / "battery.json").write_text(json.dumps(battery))
