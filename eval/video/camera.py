"""Views of a maze from any pose, such as those between two steps of an agent."""

import contextlib

import numpy as np

from ...mazes.maze import Maze

TICS = 2  # after a warp, the view is at eye height again on the second tic


class Camera:
    """An engine whose player is moved to each pose instead of walking there.

    Args:
        maze: The maze.
        width: Width of the views in pixels; with the height, a resolution of the engine.
        height: Height of the views in pixels.
        episode: Episode of the trial, which decides the target.
    """

    def __init__(self, maze: Maze, width: int, height: int, episode: int = 0):
        from ...mazes.doom.cleanup import Home
        from ...mazes.doom.engine import Engine
        from ...mazes.doom.wad import map_wad

        with contextlib.ExitStack() as undo:
            home = undo.enter_context(contextlib.closing(Home()))
            self._engine = undo.enter_context(contextlib.closing(Engine(home.path, width, height)))
            self._engine.load(map_wad(maze, maze.start(episode), maze.target(episode)))
            self.close = undo.pop_all().close

    def look(self, pose: np.ndarray) -> np.ndarray:
        """The view from a pose, [height, width, 3] uint8.

        Args:
            pose: x, y [map units, rounded to whole ones] and angle [degrees].
        """
        x, y = np.rint(pose[:2]).tolist()
        angle = float(pose[2])
        self._engine.warp(x, y)
        _, _, facing, *_ = self._engine.state()
        to_the_right = (facing - angle + 180) % 360 - 180
        self._engine.act((0.0, 0.0, 0.0, to_the_right / TICS), TICS)
        return self._engine.frame().copy()
