"""Numbers and tables as text, one format for every report.

A number with an interval is a `Cell`: HTML pages set the interval smaller, text and Markdown tables
put it behind the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

NONE = "none"  # an undefined number, such as the mean length of no successes

Number = float | int
Bounds = Sequence[Number]  # lower and upper end of an interval


@dataclass(frozen=True)
class Cell:
    """A table cell: its text, an interval and a remark."""

    text: str
    interval: str = ""
    remark: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.text, self.interval, self.remark)))


@dataclass(frozen=True)
class Table:
    """A table with a caption; the first cell of each row is the row's header."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def decimal(value: Number, digits: int = 1, thousands: bool = False) -> str:
    """A number with `digits` decimals; zero has no sign."""
    text = f"{abs(value):{',' if thousands else ''}.{digits}f}"
    return f"-{text}" if value < 0 and text.strip("0.,") else text


def count(value: Number) -> str:
    """An integer with a comma between thousands."""
    return f"{value:,.0f}"


def number(
    value: Number | None, interval: Bounds | None = None, digits: int = 1, thousands: bool = True
) -> Cell:
    """A number and its interval, [low, high]."""
    if value is None:
        return Cell(NONE)
    bounds = ", ".join(decimal(each, digits, thousands) for each in interval or ())
    return Cell(decimal(value, digits, thousands), f"[{bounds}]" if bounds else "")


def percent(value: Number | None, interval: Bounds | None = None) -> Cell:
    """A share of 1 in per cent, without the sign, and its interval."""
    if value is None:
        return Cell(NONE)
    return number(100 * value, None if interval is None else [100 * each for each in interval])


def ratio(value: Number | None, interval: Bounds | None = None) -> Cell:
    """A number of the order of 1 with three decimals, and its interval."""
    return number(value, interval, digits=3)


def steps(value: Number | None, half_width: Number | None = None) -> Cell:
    """A number of steps ± half the width of its symmetric interval."""
    if value is None:
        return Cell(NONE)
    return Cell(
        decimal(value, thousands=True), "" if half_width is None else f"± {decimal(half_width)}"
    )


def half_width(value: Number | None, interval: Bounds | None) -> Number | None:
    """Half the width of an interval that is symmetric about the value."""
    return None if value is None or interval is None else interval[1] - value


def mean_and_error(mean: Number, standard_error: Number) -> str:
    """A mean ± its standard error, with two decimals where the error is below 0.1."""
    digits = 2 if standard_error < 0.1 else 1
    return f"{decimal(mean, digits)} ± {decimal(standard_error, digits)}"


def median_and_range(values: Sequence[Number], digits: int = 1, remark: str = "") -> str:
    """The median and, in brackets, the least and the greatest value and a remark."""
    low, middle, high = (decimal(f(values), digits) for f in (min, median, max))
    return f"{middle} ({low} to {high}{remark})"


def lay_out(
    header: Sequence[str], rows: Sequence[Sequence[str | Cell]], markdown: bool = False
) -> str:
    """A table as text in aligned columns, or as Markdown."""
    body = [[str(cell) for cell in row] for row in rows]
    if markdown:
        lines = [header, ["---"] * len(header), *body]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *body]
    )
