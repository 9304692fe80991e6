"""What a table's cell says: a figure with its interval, or that there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...metrics.intervals import Interval
from ..markdown.episode_table import NONE

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Cell:
    """What one cell says, and its interval, which is set smaller."""

    text: str
    interval: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption; the first cell of each row heads it."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def number(value: float | None, interval: Interval | None = None, digits: int = 1) -> Cell:
    """A figure as it is."""
    if value is None:
        return Cell(NONE)
    bounds = "" if interval is None else f"[{', '.join(_signed(x, digits) for x in interval)}]"
    return Cell(_signed(value, digits), bounds)


def percent(value: float | None, interval: Interval | None = None) -> Cell:
    """A share in per cent."""
    if value is None:
        return Cell(NONE)
    return number(100 * value, None if interval is None else (100 * interval[0], 100 * interval[1]))


def ratio(value: float | None, interval: Interval | None = None) -> Cell:
    """A ratio, or something else of the size of 1."""
    return number(value, interval, digits=3)


def _signed(value: float, digits: int) -> str:
    """With a real minus; and no minus before a zero."""
    text = f"{abs(value):,.{digits}f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.") else text
