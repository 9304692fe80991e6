"""Frames of an episode: poses and views.

The views are those of the agent, larger. In grid movement the camera glides from one pose to the
next, which is easier on the eye. The agent does not see these views in between.
"""

from collections.abc import Generator
from contextlib import closing

import numpy as np

from ...mazes.maze import Maze
from ...mazes.rules import CELL_SIZE, PLAYER_RADIUS, TARGET_SIZE, TOUCH_GAP, MazeRules
from ..trials.runner import TrialLog
from .camera import Camera
from .rerun import rerun


def episode_frames(
    log: TrialLog,
    trial: int,
    episode: int,
    maze: Maze,
    rules: MazeRules,
    view: tuple[int, int],
    per_step: int,
) -> Generator[tuple[np.ndarray, np.ndarray], None, None]:
    """Poses and views of a recorded episode.

    Args:
        log: From `eval.trials.runner.evaluate`.
        trial: Index of the trial.
        episode: Index of the episode in the trial.
        maze: The trial's maze.
        rules: The trial's rules.
        view: Width and height in pixels, a resolution of the engine.
        per_step: Frames per step.

    Yields:
        length * per_step + 1 pairs of a pose [3], see `eval.video.rerun`, and a view [height,
        width, 3] uint8.
    """
    from ...mazes.doom.game import MazeGame

    with closing(MazeGame(rules, *view)) as game:
        game.start(maze)
        if rules.movement == "walk":  # the engine's own frames
            for step, pose in enumerate(rerun(game, log, trial, episode)):
                yield from [(pose, game.frame.copy())] * (per_step if step else 1)
            return
        poses = np.array(list(rerun(game, log, trial, episode)))
    if log.success[trial, episode]:
        # The step into the target's cell leaves the agent where it was; show it up to the touch.
        reach = CELL_SIZE - TARGET_SIZE / 2 - PLAYER_RADIUS - TOUCH_GAP
        angle = np.radians(poses[-1, 2])
        poses[-1, :2] += reach * np.array([np.cos(angle), np.sin(angle)])
    with closing(Camera(maze, *view, episode)) as camera:
        for pose in interpolate(poses, per_step):
            yield pose, camera.look(pose)


def interpolate(poses: np.ndarray, parts: int) -> np.ndarray:
    """Divide each step into equal parts; turns take the shorter direction.

    Args:
        poses: [T + 1, 3] x, y [map units] and angle [degrees].
        parts: Number of parts per step.

    Returns:
        [T * parts + 1, 3].
    """
    poses = np.column_stack((poses[:, :2], np.unwrap(poses[:, 2], period=360)))
    steps = len(poses) - 1
    at = np.arange(steps * parts + 1) / parts
    return np.column_stack([np.interp(at, np.arange(steps + 1), column) for column in poses.T])
