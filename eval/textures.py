"""Main program: a picture of the texture sets, each with a view from inside a maze and its map.

rl2 textures path=videos/mazes.png
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("textures")

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from omegaconf import MISSING

from ..core import cli
from ..mazes.geometry import world_pose
from ..mazes.maze import STEP, Maze, Pose
from ..mazes.planning.shortest_paths import cell_distances
from ..mazes.rules import MazeRules
from ..mazes.tasks import MazeSet, MazeTasks
from ..mazes.textures import TEXTURE_SETS
from ..mazes.topdown import render_map
from .video.png import write_png

VIEW = (320, 240)  # pixels
GAP = 8  # pixels between pictures
COLUMNS = 3
BACKGROUND = 22


@dataclass
class TexturesConfig:
    """Keys of rl2 textures.

    Attributes:
        path: PNG file to write.
    """

    path: str = MISSING


def main() -> None:
    """Entry point of `rl2 textures`."""
    cli.run("textures", TexturesConfig, run)


def run(settings: TexturesConfig) -> None:
    """Draw the picture."""
    path = Path(settings.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(draw(), path, colours=256)
    print(path)


def draw() -> np.ndarray:
    """A view and a map per texture set, in rows; [H, W, 3] uint8."""
    from ..mazes.doom.game import MazeGame

    mazes = MazeSet.draw(MazeTasks(num_mazes=len(TEXTURE_SETS), split="test"))
    tiles = []
    with closing(MazeGame(MazeRules(movement="grid"), *VIEW)) as game:
        for texture_set, drawn in enumerate(mazes):
            maze = facing_the_target(replace(drawn, texture_set=texture_set))
            game.start(maze)
            game.reset()
            overview = render_map(maze, np.array([world_pose(maze.start(0))]), VIEW[1])
            tiles.append(np.concatenate([_framed(game.frame), _framed(overview)], axis=1))
    rows = [np.concatenate(tiles[i : i + COLUMNS], axis=1) for i in range(0, len(tiles), COLUMNS)]
    return np.concatenate(rows)


def facing_the_target(maze: Maze) -> Maze:
    """The same maze, with the player two cells before the target and facing it."""
    distances = cell_distances(maze)
    cell = next((r, c) for r, c in np.argwhere(distances == 2).tolist())
    heading = next(
        h for h, (dr, dc) in enumerate(STEP) if distances[cell[0] + dr, cell[1] + dc] == 1
    )
    return replace(maze, starts=(Pose(*cell, heading),))


def _framed(picture: np.ndarray) -> np.ndarray:
    return np.pad(picture, ((0, GAP), (0, GAP), (0, 0)), constant_values=BACKGROUND)
