"""The maze game on one engine: dynamics, rewards and ends of episodes (see `mazes.rules`).

*walk* holds a button for four tics and leaves the rest to Doom's momentum. *grid* computes steps on
the map and moves the engine's player to the resulting pose only when a frame is read; until then it
starts no engine.
"""

import contextlib
from functools import cached_property
from pathlib import Path

import numpy as np

from ..geometry import cell_centre, world_pose
from ..maze import STEP, Maze, Pose
from ..rules import FORWARD, TICS_PER_STEP, TURN_LEFT, TURN_RIGHT, MazeRules
from .cleanup import Home
from .engine import Engine
from .wad import map_wad

# Buttons as in mazes.doom.engine.BUTTONS: forward, left, right, degrees to the right in a tic.
WALK_BUTTONS = {
    TURN_LEFT: (0.0, 1.0, 0.0, 0.0),
    TURN_RIGHT: (0.0, 0.0, 1.0, 0.0),
    FORWARD: (1.0, 0.0, 0.0, 0.0),
}
QUARTER_TURN = 90.0


class MazeGame:
    """One environment on one engine, without a batch.

    Args:
        rules: Movement, rewards, horizon.
        width: Columns of the frame, pixels; a resolution of the engine, such as 160x120, 640x480.
        height: Rows of the frame, pixels.
        home: Folder for the engine's files, swept by its owner; if not given, a private `Home`.
    """

    def __init__(
        self, rules: MazeRules, width: int = 160, height: int = 120, home: Path | None = None
    ):
        self.rules = rules
        self._grid = rules.movement == "grid"
        self._size, self._home = (width, height), home
        self._open = contextlib.ExitStack()
        # Map of the engine, its target, and pose of the engine's player (grid).
        self._shown: tuple[Maze, tuple[int, int], Pose] | None = None
        if not self._grid:
            _ = self._engine

    @cached_property
    def _engine(self) -> Engine:
        """The engine, started when it is first needed."""
        with contextlib.ExitStack() as undo:
            home = self._home or undo.enter_context(contextlib.closing(Home())).path
            engine = undo.enter_context(contextlib.closing(Engine(home, *self._size)))
            self._open = undo.pop_all()
        return engine

    @property
    def engine_pid(self) -> int:
        """Process id of the engine."""
        return self._engine.pid

    @property
    def instance_id(self) -> str:
        """Id of the engine; part of the names of its shared memory."""
        return self._engine.instance_id

    @property
    def frame(self) -> np.ndarray:
        """View of the player, [height, width, 3] uint8 RGB."""
        if self._grid:
            self._move_engine_player()
        return self._engine.frame()

    @property
    def pose(self) -> tuple[float, float, float]:
        """x, y [map units] and angle [degrees], see `mazes.geometry`."""
        if self._grid:
            return world_pose(self._at)
        x, y, angle, *_ = self._engine.state()
        return x, y, angle

    def start(self, maze: Maze) -> None:
        """Sets the maze of the next `reset`."""
        self._maze = maze

    def reset(self, episode: int = 0) -> None:
        """Begins an episode; its number decides start and target."""
        self._steps = 0
        self._at, self._target = self._maze.start(episode), self._maze.target(episode)
        if not self._grid:
            from .contact import ContactPredictor  # imports numba, which takes half a second

            self._contact = ContactPredictor(self._maze, episode)
            self._engine.load(map_wad(self._maze, self._at, self._target))

    def step(self, action: int) -> tuple[float, bool, bool]:
        """Takes an action (see `mazes.rules`); returns reward, terminated, truncated."""
        bumps, terminated = self._grid_step(action) if self._grid else self._walk(action)
        self._steps += 1
        reward = self.rules.step_penalty + bumps * self.rules.wall_penalty
        if terminated:
            reward += self.rules.target_reward
        return reward, terminated, not terminated and self._steps >= self.rules.horizon

    def close(self) -> None:
        """Ends the engine; safe to call twice."""
        self._open.close()

    def _walk(self, action: int) -> tuple[int, bool]:
        contacts = self._contact.count(self._engine.state(), forward=action == FORWARD)
        self._engine.act(WALK_BUTTONS[action], TICS_PER_STEP)
        x, y, *_ = self._engine.state()
        return contacts, self._contact.touches_target(x, y)

    def _grid_step(self, action: int) -> tuple[int, bool]:
        row, col, heading = self._at
        if action != FORWARD:
            self._at = Pose(row, col, (heading + (1 if action == TURN_LEFT else -1)) % 4)
            return 0, False
        cell = row + STEP[heading][0], col + STEP[heading][1]
        if self._maze.walls[cell]:
            return 1, False
        if cell == self._target:
            return 0, True
        self._at = Pose(*cell, heading)
        return 0, False

    def _move_engine_player(self) -> None:
        """Moves the engine's player to the pose of the game.

        A turn is visible after one tic. After a warp the view is at eye height from the second tic.
        """
        wanted = self._maze, self._target, self._at
        if self._shown == wanted:
            return
        if self._shown is None or self._shown[:2] != wanted[:2]:
            self._engine.load(map_wad(self._maze, self._at, self._target))
        else:
            shown = self._shown[2]
            tics = 1
            if shown.cell != self._at.cell:
                self._engine.warp(*cell_centre(self._at.cell))
                tics = 2
            turn = (shown.heading - self._at.heading + 1) % 4 - 1  # -1 .. 2 quarters to the right
            self._engine.act((0.0, 0.0, 0.0, turn * QUARTER_TURN / tics), tics)
        self._shown = wanted
