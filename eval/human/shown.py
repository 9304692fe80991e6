"""A trial on a web page: its film and its paths on the map."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ...mazes.topdown import render_map
from ..pages import rendering
from ..trials.runner import TrialLog
from ..video.addresses import as_picture, data_uri
from ..video.film import write_film
from .game import Outcomes
from .session import outcome

MAP_SIZE = 400  # pixels


@dataclass(frozen=True)
class Row:
    """A row of the table: who walked, and the outcome of each episode in words."""

    name: str
    cells: list[str]

    @classmethod
    def of(cls, name: str, outcomes: Outcomes) -> "Row":
        """The row of outcomes; a failed episode is named as such."""
        return cls(name, [outcome(*each) for each in zip(*outcomes, strict=True)])


def film_of(log: TrialLog, maze: Maze, rules: MazeRules, notes: Sequence[str] | None = None) -> str:
    """A looping film of both episodes as a data URI, a WebP; no ffmpeg is needed.

    Raises:
        UserError: The engine cannot be started, or ends the trial differently.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.webp"
        write_film(log, 0, maze, rules, path, notes=notes)
        return data_uri("image/webp", path.read_bytes())


def map_of(log: TrialLog, maze: Maze, episode: int) -> str:
    """The recorded path of an episode on the map, as a data URI."""
    assert log.poses is not None
    path = np.array(log.poses[log.steps(0, episode)])
    return as_picture(render_map(maze, path, MAP_SIZE, episode=episode))


def render(template: str, **values: Any) -> str:
    """A page of this folder as HTML."""
    return rendering.render(__package__, template, map_size=MAP_SIZE, **values)
