"""Which tics of a walking step does a wall stop? Doom's own rules, on the walls of a maze.

The engine reports once a step, after four tics; a wall may have stopped the player in any of them.
So the step's tics are foretold from where it began, tic by tic: thrust, move, slide, friction
(ZDoom 2.8, p_map.cpp FSlide and p_mobj.cpp P_XYMovement, in floating point). Each step begins anew
from the engine's own state, so nothing drifts. Touching the target is no wall contact, and the
tics after it do not count.
"""

from math import cos, floor, pi, sin

from mazes.doom.wad import cell_centre
from mazes.maze import Maze
from mazes.rules import CELL_SIZE, PLAYER_RADIUS, TARGET_SIZE, TICS_PER_STEP, TOUCH_GAP

THRUST = 0.78125  # map units/tic², of walking forward
FRICTION = 0.90625  # of velocity, left after each tic
STANDSTILL = 0.0625  # map units/tic: slower in both components without thrust means at rest
FINE_ANGLES = 8192  # entries of Doom's sine table
SLIDE_MARGIN = 1 / 32  # of a move: how far short of a wall it stops
SLIDE_TRIES = 2  # traces along walls before the move is tried by one axis alone


class Contact:
    """Foretells walking in one maze."""

    def __init__(self, maze: Maze):
        self._solid = maze.walls.tolist()
        self._target = cell_centre(maze.target)

    def touches_target(self, x: float, y: float) -> bool:
        """Whether the player's box is within `TOUCH_GAP` of the target's."""
        reach = PLAYER_RADIUS + TARGET_SIZE / 2 + TOUCH_GAP
        return abs(x - self._target[0]) <= reach and abs(y - self._target[1]) <= reach

    def count(self, state: list[float], forward: bool, tics: int = TICS_PER_STEP) -> int:
        """How many of a step's tics a wall stops.

        Args:
            state: x, y [map units], angle [degrees], velocity x, y [map units a tic].
            forward: Whether the step walks forward.
            tics: Length of the step.
        """
        x, y, angle, vx, vy = state
        fine = (floor(angle * FINE_ANGLES / 360) + 0.5) * 2 * pi / FINE_ANGLES
        thrust_x, thrust_y = (THRUST * cos(fine), THRUST * sin(fine)) if forward else (0.0, 0.0)
        contacts = 0
        for _ in range(tics):
            vx, vy = vx + thrust_x, vy + thrust_y
            if not (vx or vy):
                break
            if self._fits(x + vx, y + vy):
                x, y = x + vx, y + vy
            else:
                contacts += 1
                x, y, vx, vy = self._slide(x, y, vx, vy)
            if self.touches_target(x, y):
                break
            if not forward and abs(vx) < STANDSTILL and abs(vy) < STANDSTILL:
                break
            vx, vy = vx * FRICTION, vy * FRICTION
        return contacts

    def _fits(self, x: float, y: float) -> bool:
        """Whether the player's box at (x, y) overlaps no wall; touching is not overlapping."""
        west, east = (
            floor((x - PLAYER_RADIUS) / CELL_SIZE),
            -floor(-(x + PLAYER_RADIUS) / CELL_SIZE),
        )
        north, south = (
            floor((-y - PLAYER_RADIUS) / CELL_SIZE),
            -floor((y - PLAYER_RADIUS) / CELL_SIZE),
        )
        solid = self._solid
        return not (
            solid[north][west]
            or solid[north][east - 1]
            or solid[south - 1][west]
            or solid[south - 1][east - 1]
        )

    def _slide(self, x: float, y: float, vx: float, vy: float):
        """Moves up to the wall and on along it; returns position and velocity."""
        dx, dy = vx, vy
        for _ in range(SLIDE_TRIES):
            fraction, along_x = self._first_wall(x, y, dx, dy)
            if fraction is None:
                break
            part = fraction - SLIDE_MARGIN
            if part > 0:
                if not self._fits(x + dx * part, y + dy * part):
                    break
                x, y = x + dx * part, y + dy * part
            rest = 1 - max(fraction, 0.0)
            if rest <= 0:
                return x, y, vx, vy
            dx, dy = (dx * rest, 0.0) if along_x else (0.0, dy * rest)
            vx, vy = dx, dy
            if self._fits(x + dx, y + dy):
                return x + dx, y + dy, vx, vy
        if self._fits(x, y + dy):
            return x, y + dy, vx, vy
        if self._fits(x + dx, y):
            return x + dx, y, vx, vy
        return x, y, vx, vy

    def _first_wall(self, x: float, y: float, dx: float, dy: float):
        """The nearest wall that one of the box's three leading corners meets on its way.

        Returns:
            The fraction of the way to it (None: no wall), and whether it runs along x.
        """
        lead_x = x + (PLAYER_RADIUS if dx > 0 else -PLAYER_RADIUS)
        lead_y = y + (PLAYER_RADIUS if dy > 0 else -PLAYER_RADIUS)
        corners = (lead_x, lead_y), (2 * x - lead_x, lead_y), (lead_x, 2 * y - lead_y)
        best, along_x = None, False
        for corner_x, corner_y in corners:
            for fraction, runs_along_x in self._crossings(corner_x, corner_y, dx, dy):
                if best is None or fraction < best:
                    best, along_x = fraction, runs_along_x
        return best, along_x

    def _crossings(self, x: float, y: float, dx: float, dy: float):
        """Wall faces that the way of a point meets from the front: (fraction, runs along x)."""
        if dx:
            line = -floor(-x / CELL_SIZE) if dx > 0 else floor(x / CELL_SIZE)
            fraction = (line * CELL_SIZE - x) / dx
            row = floor(-(y + dy * fraction) / CELL_SIZE)
            beyond, here = (line, line - 1) if dx > 0 else (line - 1, line)
            if fraction <= 1 and self._solid[row][beyond] and not self._solid[row][here]:
                yield fraction, False
        if dy:
            line = -floor(y / CELL_SIZE) if dy < 0 else floor(-y / CELL_SIZE)
            fraction = (-line * CELL_SIZE - y) / dy
            col = floor((x + dx * fraction) / CELL_SIZE)
            beyond, here = (line, line - 1) if dy < 0 else (line - 1, line)
            if fraction <= 1 and self._solid[beyond][col] and not self._solid[here][col]:
                yield fraction, True
