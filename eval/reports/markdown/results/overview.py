"""Figure of the README: steps of episodes 1 and 2, ours beside printed and scripted results."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .maze_lengths import Lengths, Record, lengths_of_others, measured
from .style import colours, series, style, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIGURE = "overview.png"
OURS = {  # by name in the figure: training by row of table 3
    "ours, dead reckoning": {
        "walk_small": "walk_small_paths",
        "walk_large": "walk_large_no_labels",
    },
    "ours, dead reckoning and map": {"walk_large": "walk_large_map"},
    "ours, the authors' network": {"walk_small": "walk_small_duan2016"},
    "ours, with privileged labels†": {
        "walk_small": "walk_small_gpu",
        "walk_large": "walk_large_long",
    },
}
ROWS = {"walk_small": "small mazes", "walk_large": "large mazes (ours trained in such)"}
SHORTEST = "shortest path"


def draw_overview(records: Sequence[Record], folder: Path) -> Path | None:
    """Write the figure; None if none of its agents was measured.

    Args:
        records: Measurements of agents and scripted baselines, see `eval.results.read`.
        folder: Folder of the figures.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    shown = {row: _of_row(records, row) for row in ROWS}
    titles = in_order(each.title for several in shown.values() for each in several)
    if not any(title in OURS for title in titles):
        return None
    with rc_context(style()):
        figure = Figure(figsize=(8.4, 0.42 * len(titles) + 1), dpi=100, layout="constrained")
        panels = figure.subplots(1, len(ROWS), sharey=True, squeeze=False)[0]
        for axes, (row, name) in zip(panels, ROWS.items(), strict=True):
            for level in shown[row]:
                _draw(axes, level, titles)
            axes.set_title(name, loc="left", fontsize=11)
            axes.set(xlim=(0, None), ylim=(len(titles) - 0.5, -0.5), xlabel="steps to the target")
            axes.set_yticks(range(len(titles)), titles)
            axes.tick_params(length=0, labelcolor=colours()["ink"])
            axes.grid(visible=False, axis="y")
        handles, labels = panels[0].get_legend_handles_labels()
        named = dict(zip(labels, handles, strict=True))
        figure.legend(named.values(), named.keys(), loc="outside upper right", ncols=3)
        path = folder / FIGURE
        write(figure, path)
    return path


def in_order(titles: Iterable[str]) -> list[str]:
    """Lines of the figure from above, each once: ours, then others as they come."""
    found = dict.fromkeys(title for title in titles if title != SHORTEST)
    return [title for title in dict.fromkeys([*OURS, *found]) if title in found]


def _of_row(records: Sequence[Record], row: str) -> list[Lengths]:
    own = [measured(records, row, of[row], title) for title, of in OURS.items() if row in of]
    return [*filter(None, own), *lengths_of_others(records, row)]


def _draw(axes: "Axes", level: Lengths, titles: Sequence[str]) -> None:
    """Episode 1, episode 2 and their ranges over seeds; the shortest path as a line."""
    if level.title == SHORTEST:
        steps = level.episodes[1][0]
        axes.axvline(steps, color=colours()["oracle"], lw=1.4, ls=(0, (4, 3)), label=SHORTEST)
        return
    at = titles.index(level.title)
    before, after = (middle for middle, _, _ in level.episodes)
    axes.plot([before, after], [at, at], color=colours()["rule"], lw=2, zorder=1)
    for index, (middle, low, high) in enumerate(level.episodes):
        colour = series(index)
        if high > low:
            axes.plot([low, high], [at, at], color=colour, lw=5, alpha=0.35, zorder=2)
        axes.plot(middle, at, "o", ms=7, color=colour, zorder=3, label=f"episode {index + 1}")
        axes.annotate(
            f"{middle:.0f}" if middle >= 100 else f"{middle:.1f}",
            (middle, at),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=colours()["muted"],
            bbox={"fc": "white", "ec": "none", "pad": 0.5},  # over the line of the shortest path
        )
