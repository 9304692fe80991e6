"""Pictures of a maze from where no step ends: what lies between two poses of an agent."""

import contextlib

import numpy as np

from ...mazes.maze import Maze

TICS = 2  # after a warp, the view is at eye height again on the second tic


class Camera:
    """An engine in which nobody plays: it is put where a picture is wanted.

    Args:
        maze: What to look at.
        width: Of the pictures, pixels; with the height, a resolution that the engine has.
        height: Of the pictures, pixels.
    """

    def __init__(self, maze: Maze, width: int, height: int):
        from ...mazes.doom.cleanup import Home
        from ...mazes.doom.engine import Engine
        from ...mazes.doom.wad import map_wad

        with contextlib.ExitStack() as undo:
            home = undo.enter_context(contextlib.closing(Home()))
            self._engine = undo.enter_context(contextlib.closing(Engine(home.path, width, height)))
            self._engine.load(map_wad(maze, maze.start(0)))
            self.close = undo.pop_all().close

    def look(self, pose: np.ndarray) -> np.ndarray:
        """The view from a pose, [height, width, 3] uint8.

        Args:
            pose: x, y [map units; the engine knows whole ones only] and angle [degrees].
        """
        x, y = np.rint(pose[:2]).tolist()
        angle = float(pose[2])
        self._engine.warp(x, y)
        _, _, facing, *_ = self._engine.state()
        to_the_right = (facing - angle + 180) % 360 - 180
        self._engine.act((0.0, 0.0, 0.0, to_the_right / TICS), TICS)
        return self._engine.frame().copy()
