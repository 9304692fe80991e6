"""Learning curves: success and steps over training."""

from collections.abc import Sequence

import numpy as np

from .canvas import Chart, chart, colour, series
from .groups import Group

POINTS = 100  # along a curve; each is a mean of what was logged around it
AXIS = "million steps of training"
Curve = tuple[np.ndarray, np.ndarray]  # [<= POINTS] each: million steps, values


FIGURES = (  # in metrics.jsonl, for one episode; and their titles
    ("success_{}", "Share of episodes that arrive"),
    ("length_{}", "Steps of these"),
)
RATIO = "Length ratio"


def learning_curves(group: Group) -> list[Chart]:
    """Success, steps and the ratio of steps: a thin line a seed, a thick one their mean."""
    of_episodes = [
        (title, [(f"episode {k + 1}", name.format(k + 1)) for k in range(group.episodes)])
        for name, title in FIGURES
    ]
    charts = []
    for title, lines in [*of_episodes, (RATIO, [("", "length_ratio")])]:
        drawn = {label: _curves(group, figure) for label, figure in lines}
        charts += _chart(title, drawn, group.name, _shortest(group) if "Steps" in title else None)
    return charts


def compared_curves(groups: Sequence[Group]) -> list[Chart]:
    """Success and steps of episode 2, and the ratio of steps: a colour a group."""
    compared = (
        ("success_2", "Share that arrives in episode 2"),
        ("length_2", "Steps of episode 2"),
    )
    return [
        chart
        for figure, title in (*compared, ("length_ratio", RATIO))
        for chart in _chart(title, {each.name: _curves(each, figure) for each in groups}, "all")
    ]


def _chart(
    title: str, lines: dict[str, list[Curve]], of: str, shortest: float | None = None
) -> list[Chart]:
    """A chart of named lines, each a list of curves; none if none has any."""
    known = {label: curves for label, curves in lines.items() if curves}
    if not known:
        return []

    def plot(axes) -> None:
        for index, (label, curves) in enumerate(known.items()):
            _draw(axes, curves, series(index) if label else colour("ink"), label)
        level = 1.0 if title == RATIO else shortest
        if level is not None:
            axes.axhline(level, color=colour("oracle"), ls=(0, (4, 3)), lw=1.2)
        if shortest is not None:
            _write_below(axes, shortest, "shortest path of the test mazes")
        if title != RATIO:
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
    """Those of all runs that logged it."""
    return [found for run in group.runs if (found := _curve(run.curve, figure))]


def _curve(lines: Sequence[dict], name: str) -> Curve | None:
    """Of a figure, or of the ratio of the two lengths."""
    needed = ("length_1", "length_2") if name == "length_ratio" else (name,)
    known = [line for line in lines if all(line.get(each) is not None for each in needed)]
    if len(known) < 2:
        return None
    steps = np.array([line["steps"] for line in known]) / 1e6
    values = np.array([[line[each] for each in needed] for line in known], dtype=np.float64)
    parts = np.array_split(np.arange(len(known)), min(POINTS, len(known)))
    steps = np.array([steps[part].mean() for part in parts])
    columns = np.array([values[part].mean(axis=0) for part in parts])
    return steps, columns[:, 1] / columns[:, 0] if name == "length_ratio" else columns[:, 0]
