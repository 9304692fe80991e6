"""Rerun of a recorded episode. The engine is deterministic: the same actions give the same path.

That they did is checked, so that nobody is shown a trial that never happened.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from ...core.errors import UserError
from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ..trials.runner import TrialLog

if TYPE_CHECKING:
    from ...mazes.doom.game import MazeGame


def rerun(game: "MazeGame", log: TrialLog, trial: int, episode: int) -> Iterator[np.ndarray]:
    """Yields the pose at the start and after each step; `game.frame` is the view from there.

    Args:
        game: Started on the maze, and under the rules, of the trial.
        log: From `eval.trials.runner.evaluate`.
        trial: Which of its trials.
        episode: Which of the trial's episodes, from 0.

    Returns:
        length + 1 poses [3]: x, y [map units, see `mazes.doom.wad`] and angle [degrees].
    """
    won = bool(log.success[trial, episode])
    steps = log.steps(trial, episode)
    game.reset(episode)
    yield np.array(game.pose)
    for step, action in enumerate(log.actions[steps].tolist(), start=steps.start + 1):
        _, terminated, truncated = game.step(action)
        last = step == steps.stop
        if (terminated, truncated) != (last and won, last and not won):
            raise UserError(
                f"trial {trial}, episode {episode + 1} ends differently when played again; "
                "maze and rules must be those it was recorded with"
            )
        yield np.array(game.pose)


def trial_paths(log: TrialLog, trial: int, maze: Maze, rules: MazeRules) -> list[np.ndarray]:
    """Paths of all episodes of a trial, from start to arrival.

    Returns:
        K arrays [length + 1, 3] of poses, as `rerun` yields them.
    """
    from ...mazes.doom.game import MazeGame

    with closing(MazeGame(rules)) as game:
        game.start(maze)
        return [np.array(list(rerun(game, log, trial, k))) for k in range(log.length.shape[1])]
