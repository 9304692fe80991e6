"""Section of the page of results on comparisons of memories, with a table and a figure."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from ....video.png import write_figure
from ...comparison_file import Comparison, Curve, Run
from ..comparison_table import by_group, comparison_table, speed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Comparisons = Mapping[str, Comparison]

FOLDER = "comparisons/"  # of the result files
FIGURE = "memories.png"
COLOURS = {
    "gru": "#000000",
    "lstm": "#E69F00",
    "mingru": "#56B4E9",
    "lru": "#009E73",
    "transformer": "#F0E442",
    "snail": "#D55E00",
    "episodic": "#CC79A7",
    "none": "#999999",
}


class Subject(NamedTuple):
    """A comparison that the page shows, by the name of its file."""

    name: str
    title: str
    metric: str  # of the learning curves


SUBJECTS = [
    Subject("memories_grid", "grid_small, with the auxiliary loss", "length_2"),
    Subject("memories_grid_no_aux", "grid_small, without the auxiliary loss", "length_2"),
    Subject("memories_walk", "walk_small", "length_2"),
    Subject("memories_k10_n100", "bandits, 10 arms and 100 pulls", "trial_return"),
    Subject("memories_n10", "MDPs, 10 episodes", "trial_return"),
]
LABELS = {"length_2": "steps of episode 2, successes", "trial_return": "reward of a trial"}
INTRODUCTION = f"""\
## Memories

The same network, learner, tasks and steps with another memory (`agent/memory=...`), evaluated on
fresh tasks, mazes on the twin. Medians over seeds, in brackets the least and the greatest. Weights
are those of the whole network in training. Steps a second are one core's, while others used the
machine: the speed of the fastest tenth of iterations of the fastest seed. Commands:
[reproducing](docs/guides/reproducing.md#memories).

![learning curves of the memories](results/figures/{FIGURE})

Learning curves: medians over seeds, and bands from the least to the greatest. Left by steps, right
by minutes of one core at the speeds of the tables.
"""


def comparisons_section(found: Comparisons) -> list[str]:
    """Section of the page, with a table for each comparison; nothing if there is none."""
    tables = [
        f"### {each.title}\n\n{comparison_table(found[each.name].runs, 'memory', markdown=True)}\n"
        for each in SUBJECTS
        if each.name in found
    ]
    return [INTRODUCTION, *tables] if tables else []


def draw_comparisons(found: Comparisons, folder: Path) -> Path | None:
    """Write the section's figure, with a row of panels for each comparison; None without any."""
    from matplotlib.figure import Figure

    shown = [each for each in SUBJECTS if each.name in found]
    if not shown:
        return None
    figure = Figure(figsize=(10, 3 * len(shown) + 0.5), dpi=100, layout="constrained")
    panels = figure.subplots(len(shown), 2, squeeze=False, sharey="row")
    named = {}
    for row, subject in zip(panels, shown, strict=True):
        groups = by_group(found[subject.name].runs)
        for group, members in groups.items():
            minutes = 1 / speed(members) / 60
            for axes, unit in zip(row, (1e-6, minutes), strict=True):
                named[group] = _draw(axes, members, subject.metric, unit, COLOURS.get(group))
        row[0].set(title=subject.title, ylabel=LABELS[subject.metric], xlabel="million steps")
        row[1].set(xlabel="minutes of one core")
        for axes in row:
            axes.grid(alpha=0.3)
    order = [name for name in COLOURS if name in named] + sorted(named.keys() - COLOURS.keys())
    figure.legend([named[name] for name in order], order, loc="outside lower center", ncols=8)
    path = folder / FIGURE
    write_figure(figure, path, colours=256)
    return path


def _draw(axes: "Axes", members: list[Run], metric: str, unit: float, colour: str | None) -> Any:
    """Draw a group; returns the handle of its line."""
    curves = [_points(each.training.curve, metric) for each in members]
    points: dict[float, list[Any]] = {}
    for steps in curves[0]:
        values = [curve.get(steps) for curve in curves]
        if None not in values:
            points[steps] = values
    x = [steps * unit for steps in points]
    (line,) = axes.plot(x, [median(values) for values in points.values()], lw=1.5, color=colour)
    low, high = ([f(values) for values in points.values()] for f in (min, max))
    axes.fill_between(x, low, high, color=line.get_color(), alpha=0.15, lw=0)
    return line


def _points(curve: Curve, metric: str) -> dict[Any, Any]:
    """Values of a metric by steps."""
    return dict(zip(curve["steps"], curve[metric], strict=True))
