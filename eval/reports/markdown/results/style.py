"""Style of the figures of the page of results: that of the HTML report on light paper."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....video.png import write_figure
from ...html.canvas import SERIES, STANDS_FOR, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE_STYLE = Path(__file__).parents[3] / "pages" / "style.css"
COLOURS_OF_FILE = 128  # of the palette


@cache
def colours() -> dict[str, str]:
    """The report's colours on light paper by name, such as ink, oracle and series-0."""
    light = PAGE_STYLE.read_text(encoding="utf-8").partition("@media")[0]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", light))


def series(index: int) -> str:
    """The colour of the index-th line; after the last the first comes again."""
    return colours()[f"series-{index % SERIES}"]


def style() -> dict[Any, Any]:
    """Settings of matplotlib, for `matplotlib.rc_context`."""
    name_of = {stand_in: name for name, stand_in in STANDS_FOR.items()}
    return {
        key: colours()[name_of[value]] if value in name_of else value
        for key, value in STYLE.items()
    }


def draw_band(
    axes: "Axes", x: Sequence[float], values: Sequence[Sequence[float]], index: int
) -> Any:
    """Draw the median over seeds and a band from the least to the greatest.

    Args:
        axes: Axes to draw into.
        x: Places of the points.
        values: Values of the seeds, by point.
        index: Of the line: its colour, and dots once colours come again.

    Returns:
        The line, for a legend.
    """
    from statistics import median

    colour, look = series(index), "-" if index < SERIES else (0, (1, 1))
    (line,) = axes.plot(x, [median(each) for each in values], color=colour, ls=look, lw=1.6)
    low, high = ([edge(each) for each in values] for edge in (min, max))
    axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    return line


def write(figure: "Figure", path: Path) -> None:
    """Write a figure as a PNG of few colours; equal figures give equal files."""
    write_figure(figure, path, colours=COLOURS_OF_FILE)
