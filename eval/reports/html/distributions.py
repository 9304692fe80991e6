"""Distributions of path lengths, beside those of the shortest paths."""

import numpy as np

from ....core.formatting import percent
from .canvas import Chart, chart, colour, series
from .groups import Group

MOST_BINS = 50


def length_charts(group: Group) -> list[Chart]:
    """Histogram of the lengths of successes, and the share of arrivals by step."""
    lengths = [_column(group, "length", k) for k in range(min(group.episodes, 2))]
    won = [_column(group, "success", k) for k in range(min(group.episodes, 2))]
    shortest = np.concatenate([run.shortest[:, 0] for run in group.runs])
    arrived = [length[mask] for length, mask in zip(lengths, won, strict=True)]
    longest = max(int(each.max()) for each in (shortest, *arrived) if len(each))
    width = -(-longest // MOST_BINS)
    edges = np.arange(0, longest + 2 * width, width) + 0.5
    paths = [*((f"episode {k + 1}", each, series(k)) for k, each in enumerate(arrived))]
    paths.append(("shortest path", shortest, colour("oracle")))

    def histogram(axes) -> None:
        for name, each, ink in paths:
            if len(each):
                shares = 100 * np.histogram(each, edges)[0] / len(shortest)
                axes.stairs(shares, edges, fill=True, color=ink, alpha=0.18)
                axes.stairs(shares, edges, color=ink, label=name, lw=1.5)
        axes.set_xlim(edges[0], edges[-1])
        axes.legend()

    def arrivals(axes) -> None:
        for name, each, ink in paths:
            axes.step(
                np.arange(longest + 1),
                100
                * np.searchsorted(np.sort(each), np.arange(longest + 1), "right")
                / len(shortest),
                where="post",
                color=ink,
                label=name,
                lw=1.5,
            )
        axes.set_xlim(0, longest)
        axes.set_ylim(0, 102)
        axes.legend()

    stated = "; ".join(
        f"{name}: {_spread(each)}, {percent(len(each) / len(shortest))} % arrive"
        for name, each, _ in paths
    )
    bars = "steps" if width == 1 else f"steps, {width} a bar"
    charts = [
        chart(f"Lengths, {group.name}. {stated}.", histogram, "Path length, % of trials", bars),
        chart(
            f"Arrivals, {group.name}. {stated}.", arrivals, "Arrived so far, % of trials", "steps"
        ),
    ]
    return [*charts, saved_chart(group)] if group.episodes > 1 else charts


def saved_chart(group: Group) -> Chart:
    """Steps that the second path of each trial saves; a failure takes the horizon."""
    saved = _column(group, "length", 0) - _column(group, "length", 1)
    most = max(int(np.abs(saved).max()), 1)
    width = -(-2 * most // MOST_BINS)
    reach = (most // width + 0.5) * width + width * (most % width > 0)
    edges = np.arange(-reach, reach + width, width)  # 0 is in the middle of a bar
    shares = 100 * np.histogram(saved, edges)[0] / len(saved)
    gained = edges[:-1] >= 0

    def plot(axes) -> None:
        for chosen, ink, name in (
            (gained, series(1), "shorter"),
            (edges[1:] <= 0, series(0), "longer"),
        ):
            bars = np.where(chosen, shares, 0)
            axes.stairs(bars, edges, fill=True, color=ink, alpha=0.75, label=name)
        bars = np.where(gained | (edges[1:] <= 0), 0, shares)
        axes.stairs(bars, edges, fill=True, color=colour("oracle"), alpha=0.75, label="as long")
        axes.legend()

    shorter, longer = (percent(each.mean()) for each in (saved > 0, saved < 0))
    alt = (
        f"Steps saved by episode 2, {group.name}: {shorter} % of trials are shorter, "
        f"{longer} % longer; median {np.median(saved):g} steps."
    )
    return chart(alt, plot, "Steps saved by episode 2, % of trials", "steps")


def _column(group: Group, name: str, k: int) -> np.ndarray:
    return np.concatenate([getattr(run.log, name)[:, k] for run in group.runs])


def _spread(lengths: np.ndarray) -> str:
    if not len(lengths):
        return "none"
    low, middle, high = np.quantile(lengths, [0.05, 0.5, 0.95])
    return f"median {middle:.0f} steps, 90 % between {low:.0f} and {high:.0f}"
