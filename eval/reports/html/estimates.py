"""Charts of metrics with their intervals: by episode, by seed, by condition."""

from collections.abc import Sequence

from ....core.formatting import number, ratio
from ....core.metrics import METRICS
from ...metrics.intervals import Interval
from ..metric_cells import chart_title, stored
from .canvas import Chart, chart, colour, series
from .groups import Group
from .runs import EvaluatedRun
from .tables import seed_name

RATIO = "length_ratio"
ROW = 0.24  # inches
WITH_CONTROLS = ("agent", "controls", "baselines")  # groups of conditions in one picture


def behaviour_charts(group: Group) -> list[Chart]:
    """Counts of behaviour by episode: a light dot per seed, a full dot for their mean."""
    charts = []
    for metric in METRICS.all().values():
        figure, title = metric.name, chart_title(metric)
        known = any(run.results.get(figure) is not None for run in group.runs)
        if metric.unit != "count" or metric.compares or not known:
            continue
        estimates = [group.estimate(figure, k) for k in range(group.episodes)]

        def plot(axes, figure=figure, estimates=estimates) -> None:
            for k, (value, interval) in enumerate(estimates):
                several = len(group.runs) > 1
                seeds = group.values(figure, k)
                if several:
                    axes.plot(
                        [k + 1.12] * len(seeds),
                        seeds,
                        "o",
                        ms=4,
                        mec="none",
                        mfc=series(k),
                        alpha=0.4,
                    )
                if value is not None:
                    _interval(axes, k + 1, value, interval, series(k), upright=True)
            axes.set_xlim(0.5, group.episodes + 0.5)
            axes.set_xticks(range(1, group.episodes + 1))
            axes.margins(y=0.2)
            axes.set_ylim(0, max(axes.get_ylim()[1], 0.1))
            axes.grid(visible=False, axis="x")

        stated = ", ".join(
            f"{number(value, digits=2)} in episode {k + 1}"
            for k, (value, _) in enumerate(estimates)
        )
        charts.append(
            chart(f"{title}, {group.name}: {stated}.", plot, title, "episode", height=2.2)
        )
    return charts


def seed_chart(group: Group) -> Chart | None:
    """The length ratio of every seed with its interval over mazes, and their mean's over seeds."""
    if len(group.runs) < 2:
        return None
    rows = [(seed_name(run), *stored(run.results, RATIO), series(0)) for run in group.runs]
    rows.append(("mean", *group.estimate(RATIO), colour("ink")))
    title = f"{chart_title(METRICS.get(RATIO))}, by seed"
    return _forest(rows, title, f"{title}, {group.name}")


def control_chart(run: EvaluatedRun) -> Chart | None:
    """The length ratio under each control, and of the scripted baselines."""
    assert run.battery is not None
    rows = [
        (each["condition"], *stored(each, RATIO), series(shade))
        for shade, name in enumerate(WITH_CONTROLS)
        for each in run.battery.get("conditions", [])
        if each["group"] == name
    ]
    if not rows:
        return None
    title = f"{chart_title(METRICS.get(RATIO))}, by condition"
    return _forest(rows, title, f"{title}, {run.name}")


def _forest(
    rows: Sequence[tuple[str, float | None, Interval | None, str]], title: str, alt: str
) -> Chart:
    """A row an estimate, the first on top; a line where nothing changes."""

    def plot(axes) -> None:
        for at, (_, value, interval, ink) in enumerate(rows):
            if value is not None:
                _interval(axes, at, value, interval, ink)
        axes.axvline(1, color=colour("oracle"), ls=(0, (4, 3)), lw=1.2)
        axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)

    stated = ", ".join(f"{name} {ratio(value)}" for name, value, *_ in rows)
    return chart(f"{alt}: {stated}.", plot, title, height=0.9 + ROW * len(rows))


def _interval(
    axes, at: int, value: float, interval: Interval | None, ink: str, upright: bool = False
) -> None:
    """A dot, and a line from end to end of its interval."""
    if interval is not None:
        ends = ([at, at], interval) if upright else (interval, [at, at])
        axes.plot(*ends, color=ink, lw=2.2, alpha=0.55)
    axes.plot(
        *((at, value) if upright else (value, at)), "o", ms=6, mec="none", mfc=ink, clip_on=False
    )
