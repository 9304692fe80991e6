"""Charts as SVG that takes its colours and its font from the page it stands in.

matplotlib draws with colours that stand for the names of the page's own (`style.css`), which are
put in their place afterwards; so one picture serves a light and a dark page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 3.6, 2.7  # inches, of 72 units each: narrow, so that text stays legible
SERIES = 6  # colours that tell lines apart; after that they come again
NAMES = ("ink", "muted", "rule", "oracle", *(f"series-{i}" for i in range(SERIES)))
STANDS_FOR = {name: f"#{0x10101 * (i + 1):06x}" for i, name in enumerate(NAMES)}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rl2",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": STANDS_FOR["ink"],
    "axes.labelcolor": STANDS_FOR["muted"],
    "axes.edgecolor": STANDS_FOR["rule"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": STANDS_FOR["rule"],
    "grid.linewidth": 0.6,
    "xtick.color": STANDS_FOR["rule"],
    "ytick.color": STANDS_FOR["rule"],
    "xtick.labelcolor": STANDS_FOR["muted"],
    "ytick.labelcolor": STANDS_FOR["muted"],
    "legend.frameon": False,
    "legend.labelcolor": STANDS_FOR["ink"],
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True)
class Chart:
    """A picture, and what it shows for those who cannot see it.

    Attributes:
        svg: To be put into a page as it is.
        alt: What it shows, in words.
    """

    svg: str
    alt: str


def colour(name: str) -> str:
    """Placeholder colour for matplotlib, which the page replaces by its colour of that name."""
    return STANDS_FOR[name]


def series(index: int) -> str:
    """The colour of the index-th line."""
    return STANDS_FOR[f"series-{index % SERIES}"]


def chart(
    alt: str,
    plot: Callable[["Axes"], object],
    title: str,
    x: str = "",
    y: str = "",
    height: float = HEIGHT,
) -> Chart:
    """Draws a chart.

    Args:
        alt: What it shows, in words.
        plot: Draws into the axes.
        title: Above it.
        x: What lies to the right.
        y: What lies upwards.
        height: Inches.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    written = StringIO()
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        axes.set(xlabel=x, ylabel=y)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
        axes.tick_params(length=0, pad=6)
        plot(axes)
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    return Chart(as_part(written.getvalue(), alt), alt)


def as_part(svg: str, salt: str) -> str:
    """A whole SVG file as a part of a page: no prolog, no size, the page's colours, ids of its own.

    Several pictures share a page, whose ids must be unique, even if two look alike: they differ in
    their salt. Ids that nothing refers to go.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r'\1 aria-hidden="true"', svg, count=1)
    svg = re.sub(r"font-family: [^;\"]+", "font-family: var(--sans)", svg)
    for name, stand_in in STANDS_FOR.items():
        svg = svg.replace(stand_in, f"var(--{name})")
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    prefix = blake2b((svg + salt).encode(), digest_size=4).hexdigest()
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{prefix}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)
    return re.sub(r"\n\s*", "\n", svg).strip()
