"""Overlap of test mazes with those of a training: which mazes and which layouts are known."""

from collections.abc import Sequence
from dataclasses import dataclass

from .maze import Maze
from .tasks import PAPER_SEEDS, MazeTasks, draw_mazes, split_of


@dataclass(frozen=True)
class Overlap:
    """Shares of test mazes that a training has in common with them.

    Attributes:
        mazes: Share whose walls, starts and targets are those of a training maze.
        layouts: Share whose walls are those of a training maze, perhaps mirrored or turned.
    """

    mazes: float
    layouts: float

    @classmethod
    def of(cls, mazes: Sequence[Maze], trained_on: Sequence[MazeTasks]) -> "Overlap":
        """Compare `mazes` with the sets that a training drew."""
        layouts = {maze.layout_hash for maze in mazes}
        known_mazes, known_layouts = set[str](), set[str]()
        for tasks in trained_on:
            splits = {split_of(maze, tasks.split_by) for maze in mazes}
            disjoint = tasks.split not in (*splits, *PAPER_SEEDS)
            if disjoint and tasks.split_by == "layout":
                continue
            for maze in draw_mazes(tasks):
                if disjoint and layouts <= known_layouts:
                    break  # large sets take seconds to draw
                known_mazes.add(maze.content_hash)
                known_layouts.add(maze.layout_hash)
        return cls(
            sum(maze.content_hash in known_mazes for maze in mazes) / len(mazes),
            sum(maze.layout_hash in known_layouts for maze in mazes) / len(mazes),
        )

    def figures(self) -> dict[str, float]:
        """Both shares as an evaluation's results have them."""
        return {"trained_on_share": self.mazes, "trained_layout_share": self.layouts}

    def __str__(self) -> str:
        """Both shares in words."""
        if not self.layouts:
            return "the agent was trained on none of these mazes and on none of their layouts"
        return (
            f"the agent was trained on {_percent(self.mazes)} of these mazes and on the layout, "
            f"also mirrored or turned, of {_percent(self.layouts)}"
        )


def _percent(share: float) -> str:
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
