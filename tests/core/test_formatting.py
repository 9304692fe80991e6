"""Numbers and tables, to the digit."""

import pytest

from rl2_mazes.core.formatting import (
    Cell,
    count,
    lay_out,
    mean_and_error,
    median_and_range,
    number,
    percent,
    ratio,
    steps,
)
from rl2_mazes.eval.pages.rendering import typographic


@pytest.mark.parametrize(
    ("cell", "text", "interval"),
    [
        (number(12.84, (12.34, 13.31)), "12.8", "[12.3, 13.3]"),
        (number(1234.5), "1,234.5", ""),
        (number(1234.5, thousands=False), "1234.5", ""),
        (number(-0.04), "0.0", ""),
        (number(-2.0, (-3.26, 0.1)), "-2.0", "[-3.3, 0.1]"),
        (number(None), "none", ""),
        (percent(0.548, (0.517, 0.5786)), "54.8", "[51.7, 57.9]"),
        (percent(None), "none", ""),
        (ratio(0.7734), "0.773", ""),
        (steps(34.16, 0.95), "34.2", "± 0.9"),
        (steps(34.16), "34.2", ""),
        (steps(None, None), "none", ""),
    ],
)
def test_cells(cell, text, interval):
    assert cell == Cell(text, interval)
    assert str(cell) == f"{text} {interval}".rstrip()


def test_other_numbers():
    assert count(1_753_600) == "1,753,600"
    assert mean_and_error(6.678, 0.0712) == "6.68 ± 0.07"
    assert mean_and_error(78.91, 0.46) == "78.9 ± 0.5"
    assert median_and_range([3.0, 1.0, 2.04]) == "2.0 (1.0 to 3.0)"
    assert median_and_range([0.7, 0.9], 3, ", 2 seeds") == "0.800 (0.700 to 0.900, 2 seeds)"


def test_pages_have_a_minus_sign_before_numbers_alone():
    assert typographic("-2.0 [-3.3, 0.1]") == "−2.0 [−3.3, 0.1]"
    assert typographic("seed-1, e-Greedy, shift=-1") == "seed-1, e-Greedy, shift=-1"


def test_tables():
    rows = [["a", Cell("1.0", "[0.5, 1.5]")], ["bcd", "2"]]
    assert lay_out(["", "mean"], rows).splitlines() == [
        "     mean",
        "a    1.0 [0.5, 1.5]",
        "bcd  2",
    ]
    assert lay_out(["", "mean"], rows, markdown=True).splitlines() == [
        "|  | mean |",
        "| --- | --- |",
        "| a | 1.0 [0.5, 1.5] |",
        "| bcd | 2 |",
    ]
