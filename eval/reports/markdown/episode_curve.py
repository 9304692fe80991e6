"""Length and success by episode of a trial, as curves with bands."""

from typing import Any

import numpy as np

from ....core.metrics import METRICS

SHORTEST = "shortest_length"


def draw_episode_curve(figures: dict[str, Any]) -> np.ndarray:
    """Draw length of all episodes and success over the episodes of a trial.

    Args:
        figures: Result of `eval.metrics.summary.summary`.

    Returns:
        [H, W, 3] uint8. Bands are the 95 % intervals of the figures.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for axes, name in zip(figure.subplots(1, 2), ("length_all", "success"), strict=True):
        episodes, values, low, high = curve(figures, name)
        axes.plot(episodes, values, "o-", ms=3, lw=1.2, label="agent")
        axes.fill_between(episodes, low, high, alpha=0.25, lw=0)
        if name == "length_all" and SHORTEST in figures:
            axes.plot(episodes, figures[SHORTEST], "--", lw=1, label=METRICS.get(SHORTEST).title)
            axes.legend()
        axes.set(title=METRICS.get(name).title, xlabel="episode of the trial")
        axes.set_ylim(0, None if name == "length_all" else 1.05)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def curve(figures: dict[str, Any], name: str) -> tuple[list[int], list[float], list, list]:
    """A metric by episode.

    Returns:
        Numbers of the episodes, from 1; values; lower and upper ends of their intervals, which are
        the value itself where there is no interval.
    """
    values = figures[name]
    intervals = [
        interval or (value, value)
        for value, interval in zip(values, figures[f"{name}_ci"], strict=True)
    ]
    low, high = ([interval[end] for interval in intervals] for end in (0, 1))
    return list(range(1, len(values) + 1)), values, low, high
