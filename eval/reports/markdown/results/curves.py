"""Learning curves of the published agents of mazes, as a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .....agents.zoo.cards import Card
from .....core.suite import suite_of
from .maze_lengths import Record, lengths_of_others
from .style import colours, draw_band, style, write

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

FIGURE = "curves_mazes.png"
METRIC = "length_2"
ROWS = {  # by row of the figure, whose panels share their axes: rows of table 3
    "walking": {"walk_small": "small mazes", "walk_large": "large mazes"},
    "grid movement": {"grid_small": "small mazes", "grid_large": "large mazes"},
}
SECTION = f"""\
![learning curves](results/figures/{FIGURE})

Steps of successful second episodes while training, in mazes of the training split: medians over
seeds, and bands from the least to the greatest. Trainings that were warm-started begin late. Levels
are those of second episodes in test mazes. An agent that gives up long paths has short ones: early
in training, when few episodes succeed, lengths mean little.
"""

Curves = Mapping[str, Mapping[str, Sequence[Any]]]


def draw_curves(
    curves: Curves, cards: Sequence[Card], records: Sequence[Record], folder: Path
) -> Path | None:
    """Write the figure, with a panel for each row of table 3 and a line for each training.

    Args:
        curves: Learning curves by agent, such as demo/seed_0; see `agents.publish.thin`.
        cards: Cards of the published agents.
        records: Measurements, of which the levels are.
        folder: Folder of the figures.

    Returns:
        Path of the figure; None if no agent of a maze has a curve.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    trainings = _by_row(curves, cards)
    shown = {
        title: panels for title, panels in ROWS.items() if any(row in trainings for row in panels)
    }
    if not shown:
        return None
    with rc_context(style()):
        figure = Figure(figsize=(10, 3.6 * len(shown)), dpi=100, layout="constrained")
        grid = figure.subplots(len(shown), 2, squeeze=False, sharex="row", sharey="row")
        named: "dict[str, Artist]" = {}
        for axes_of_row, (movement, panels) in zip(grid, shown.items(), strict=True):
            for axes, (row, size) in zip(axes_of_row, panels.items(), strict=True):
                named |= _draw_panel(axes, trainings.get(row, {}), records, row)
                axes.set_title(f"{size}, {movement}", loc="left", fontsize=11)
                axes.set_xlabel("million steps of training")
                axes.tick_params(length=0, labelleft=True)
            axes_of_row[0].set_ylabel("steps of episode 2")
            axes_of_row[0].set(xlim=(0, None), ylim=(0, None))  # after all curves: axes are shared
        if named:
            figure.legend(
                named.values(), named.keys(), loc="outside lower center", ncols=len(named)
            )
        path = folder / FIGURE
        write(figure, path)
    return path


def _by_row(curves: Curves, cards: Sequence[Card]) -> dict[str, dict[str, list[dict[int, float]]]]:
    """Values by steps of each seed, by row and name of the training."""
    found: dict[str, dict[str, list[dict[int, float]]]] = {}
    for card in cards:
        curve = curves.get(card.name, {})
        if METRIC in curve:
            pairs = zip(curve["steps"], curve[METRIC], strict=True)
            points = {steps: value for steps, value in pairs if value is not None}
            row = found.setdefault(suite_of(card.config["suite"]).name, {})
            row.setdefault(card.name.partition("/")[0], []).append(points)
    return found


def _draw_panel(
    axes: "Axes",
    trainings: Mapping[str, Sequence[Mapping[int, float]]],
    records: Sequence[Record],
    row: str,
) -> "dict[str, Artist]":
    """Draw the trainings, with a legend, and the levels; returns the lines of these by title."""
    for index, (name, seeds) in enumerate(trainings.items()):
        steps = sorted(set(seeds[0]).intersection(*seeds))
        values = [[each[at] for each in seeds] for at in steps]
        line = draw_band(axes, [at / 1e6 for at in steps], values, index)
        line.set_label(f"{name}, {len(seeds)} seeds" if len(seeds) > 1 else f"{name}, 1 seed")
    if trainings:
        axes.legend(fontsize=8, frameon=True, facecolor="white", edgecolor="none", framealpha=1)
    dashes = {"RL²": (0, (1, 1.5)), "SNAIL": (0, (4, 1.5, 1, 1.5)), "shortest": "-"}
    lines: "dict[str, Artist]" = {}
    for level in lengths_of_others(records, row):
        look = dashes.get(level.title.split(maxsplit=1)[0].strip(","), (0, (4, 3)))
        y, grey = level.episodes[1][0], colours()["oracle"]
        lines[level.title] = axes.axhline(y, color=grey, ls=look, lw=1.2)
    return lines
