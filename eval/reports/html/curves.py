"""Learning curves: success and steps over training."""

from collections.abc import Sequence

import numpy as np

from ....core.metrics import METRICS
from ..metric_cells import chart_title
from .canvas import Chart, chart, colour, series
from .groups import Group

POINTS = 100  # along a curve; each is a mean of what was logged around it
AXIS = "million steps of training"
Curve = tuple[np.ndarray, np.ndarray]  # [<= POINTS] each: million steps, values


BY_EPISODE = ("success", "length")  # metrics; in metrics.jsonl NAME_K for episode K
RATIO = "length_ratio"


def learning_curves(group: Group) -> list[Chart]:
    """Success, length and length ratio: a thin line per seed, a thick one for their mean."""
    charts = []
    for name in BY_EPISODE:
        metric = METRICS.get(name)
        drawn = {
            f"episode {k + 1}": _curves(group, f"{name}_{k + 1}") for k in range(group.episodes)
        }
        shortest = _shortest(group) if metric.unit == "steps" else None
        charts += _chart(chart_title(metric), drawn, group.name, shortest)
    ratio = {"": _curves(group, RATIO)}
    return [*charts, *_chart(chart_title(METRICS.get(RATIO)), ratio, group.name, unchanged=1.0)]


def compared_curves(groups: Sequence[Group]) -> list[Chart]:
    """Success and length of episode 2, and the length ratio: a colour per group."""
    charts = []
    for name in BY_EPISODE:
        title = f"{chart_title(METRICS.get(name))}, episode 2"
        charts += _chart(title, {each.name: _curves(each, f"{name}_2") for each in groups}, "all")
    ratios = {each.name: _curves(each, RATIO) for each in groups}
    return [*charts, *_chart(chart_title(METRICS.get(RATIO)), ratios, "all", unchanged=1.0)]


def _chart(
    title: str,
    lines: dict[str, list[Curve]],
    of: str,
    shortest: float | None = None,
    unchanged: float | None = None,
) -> list[Chart]:
    """A chart of named lines, each a list of curves; none if none has any.

    Args:
        title: Title of the chart.
        lines: Curves of the runs by label.
        of: Name of the group, for the text that describes the chart.
        shortest: Length of the shortest path, drawn as a level.
        unchanged: Value if nothing changes between episodes, drawn as a level in the middle.
    """
    known = {label: curves for label, curves in lines.items() if curves}
    if not known:
        return []

    def plot(axes) -> None:
        for index, (label, curves) in enumerate(known.items()):
            _draw(axes, curves, series(index) if label else colour("ink"), label)
        level = shortest if unchanged is None else unchanged
        if level is not None:
            axes.axhline(level, color=colour("oracle"), ls=(0, (4, 3)), lw=1.2)
        if shortest is not None:
            _write_below(axes, shortest, "shortest path of the test mazes")
        if unchanged is None:
            axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        if any(known):
            axes.legend()

    ends = "; ".join(
        f"{label or 'it'} ends at {np.mean([values[-1] for _, values in curves]):.3g}"
        for label, curves in known.items()
    )
    return [chart(f"{title} while training, {of}: {ends}.", plot, title, AXIS)]


def _shortest(group: Group) -> float:
    return float(np.mean([run.shortest[:, 0].mean() for run in group.runs]))


def _write_below(axes, level: float, text: str) -> None:
    """A remark at the right end of a level line."""
    axes.annotate(
        text,
        (1, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, -4),
        textcoords="offset points",
        ha="right",
        va="top",
        color=colour("muted"),
        fontsize=8.5,
    )


def _draw(axes, curves: Sequence[Curve], ink: str, label: str) -> None:
    """Each curve, and their mean as far as all of them go."""
    reach = min(steps[-1] for steps, _ in curves)
    begin = max(steps[0] for steps, _ in curves)
    steps = np.linspace(begin, reach, POINTS)
    values = np.mean([np.interp(steps, *each) for each in curves], axis=0)
    if len(curves) > 1:
        for each in curves:
            axes.plot(*each, color=ink, lw=0.6, alpha=0.35)
    axes.plot(steps, values, color=ink, label=label or None)


def _curves(group: Group, figure: str) -> list[Curve]:
    """Curves of all runs that logged the statistic."""
    return [found for run in group.runs if (found := _curve(run.curve, figure))]


def _curve(lines: Sequence[dict], name: str) -> Curve | None:
    """Curve of a statistic of metrics.jsonl, or of the ratio of lengths of episodes 2 and 1."""
    needed = ("length_1", "length_2") if name == RATIO else (name,)
    known = [line for line in lines if all(line.get(each) is not None for each in needed)]
    if len(known) < 2:
        return None
    steps = np.array([line["steps"] for line in known]) / 1e6
    values = np.array([[line[each] for each in needed] for line in known], dtype=np.float64)
    parts = np.array_split(np.arange(len(known)), min(POINTS, len(known)))
    steps = np.array([steps[part].mean() for part in parts])
    columns = np.array([values[part].mean(axis=0) for part in parts])
    return steps, columns[:, 1] / columns[:, 0] if name == RATIO else columns[:, 0]
