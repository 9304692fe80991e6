"""The figure of Duan et al. (2016, figure 6): paths of a good and of a bad trial on the map."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ...mazes.topdown import render_map
from ..trials.runner import TrialLog
from .png import write_figure
from .rerun import trial_paths

EPISODES = 2
INCHES = 3.0  # a side of one map


def draw_paths(
    log: TrialLog,
    trials: Mapping[str, int],
    mazes: Sequence[Maze],
    rules: MazeRules,
    file: Path,
) -> None:
    """Write a figure with a row per trial and a column per episode; paths go from blue to red.

    Args:
        log: Trials; trial i ran in maze i.
        trials: Trials to draw, by name.
        mazes: All mazes.
        rules: Rules of the trials.
        file: PNG to write.
    """
    from matplotlib.figure import Figure

    size = (EPISODES * INCHES, len(trials) * (INCHES + 0.35))
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    grid = figure.subplots(len(trials), EPISODES, squeeze=False)
    for row, (name, trial) in zip(grid, trials.items(), strict=True):
        maze: Maze = mazes[trial]
        paths = trial_paths(log, trial, maze, rules)[:EPISODES]
        for k, (axes, path) in enumerate(zip(row, paths, strict=True)):
            axes.imshow(render_map(maze, path, episode=k))
            end = "" if log.success[trial, k] else ", not found"
            axes.set_title(f"{name}, episode {k + 1}: {log.length[trial, k]} steps{end}", size=8)
            axes.axis("off")
    write_figure(figure, file)
