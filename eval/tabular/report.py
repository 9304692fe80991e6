"""Writes a table's files: Markdown to read, others to compute with, curves to look at."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ...core.formatting import decimal, lay_out, mean_and_error, median_and_range
from ...core.storage.files import replacing, write_text
from ...core.tabular.suite import TabularSuite
from .cells import Cell
from .tuning import Score


def markdown(
    suite: type[TabularSuite], rows: Sequence[Any], cells: Sequence[Cell], by_regret: bool = False
) -> str:
    """The table: mean ± standard error, then in brackets the paper's figure and the z of the two.

    Agents of a track stand in one column: the median over its seeds, and the worst and the best.
    Columns without brackets have no published counterpart. The ceiling knows the tasks; the
    Bayes-optimal policy, where it can be computed, does not.

    Args:
        suite: The suite.
        rows: Its settings, one a row.
        cells: Results.
        by_regret: Show returns by regret instead of mean returns, without the paper's.
    """
    columns = list(dict.fromkeys(cell.title for cell in cells))
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.row, cell.title), []).append(cell)
    yardsticks = bayes_optimal(rows)
    header = ["", *columns, *(["Bayes-optimal"] if yardsticks else [])]
    header += ["expected ceiling"] if by_regret else ["ceiling", "RL² (paper)"]
    lines = []
    for row in rows:
        line = [row.name]
        line += [_show(found.get((row.name, name), []), by_regret) for name in columns]
        if yardsticks:
            best = yardsticks.get(row.name)
            line.append("" if best is None else decimal(best, 2))
        if by_regret:
            optimum = row.expected_optimum()
            line.append("" if optimum is None else decimal(optimum[0], 2))
        else:
            line += [decimal(cell.ceiling) for cell in cells if cell.row == row.name][:1] or [""]
            rl2 = suite.published_tables[0].mean(row.name, "rl2")
            line.append("" if rl2 is None else f"{rl2}")
        lines.append(line)
    return lay_out(header, lines, markdown=True)


def bayes_optimal(rows: Sequence[Any]) -> dict[str, float]:
    """Bayes-optimal value of each row for which it can be computed."""
    values = {row.name: row.bayes_optimal() for row in rows}
    return {name: value for name, value in values.items() if value is not None}


def _show(cells: Sequence[Cell], by_regret: bool) -> str:
    """A cell, or the median over the seeds of a track."""
    if by_regret:
        pairs = [(cell.by_regret, cell.by_regret_se) for cell in cells]
        values = [(mean, se) for mean, se in pairs if mean is not None and se is not None]
    else:
        values = [(cell.mean, cell.se) for cell in cells]
    if not values:
        return ""
    if len(values) > 1:
        means = [mean for mean, _ in values]
        return median_and_range(means, 2 if max(means) < 20 else 1, f", {len(means)} seeds")
    text = mean_and_error(*values[0])
    cell = cells[0]
    if cell.published is not None and not by_regret:
        text += f" ({cell.published}, z {cell.z:+.1f})"
    return text


def write_report(
    folder: Path,
    suite: type[TabularSuite],
    rows: Sequence[Any],
    cells: Sequence[Cell],
    scores: Sequence[Score],
    settings: dict[str, Any],
) -> None:
    """Writes table.md, table.json, cells.csv, cells.parquet and curves.png into `folder`."""
    import polars as pl

    lines = [asdict(cell) for cell in cells]
    frame = pl.DataFrame(lines, infer_schema_length=None)
    write_text(folder / "cells.csv", frame.write_csv())
    with replacing(folder / "cells.parquet") as partial:
        frame.write_parquet(partial)
    whole = {"settings": settings, "torch": torch.__version__, "cells": lines}
    if yardsticks := bayes_optimal(rows):
        whole["bayes_optimal"] = yardsticks
    record = json.dumps(whole, indent=1) + "\n"
    write_text(folder / "table.json", record)
    with replacing(folder / "curves.png") as partial:
        _draw(partial, suite, rows, scores)
    text = _page(suite, rows, cells, settings)
    write_text(folder / "table.md", text)


def _page(
    suite: type[TabularSuite], rows: Sequence[Any], cells: Sequence[Cell], settings: dict[str, Any]
) -> str:
    tuned = sorted({cell.algorithm for cell in cells if cell.value})
    values = {(cell.row, cell.algorithm): cell.value for cell in cells}
    parameters = [[row.name, *(values.get((row.name, name), "") for name in tuned)] for row in rows]
    paper, snail = suite.published_tables
    cited_rows = [
        f"- {row.name}: " + ", ".join(f"{who} {cited(what)}" for who, what in found.items())
        for row in rows
        if (found := snail.rows.get(row.name))
    ]
    return "\n".join(
        [
            f"# Mean total reward of a trial over {settings['num_tasks']} tasks\n",
            markdown(suite, rows, cells),
            f"\nMean ± standard error (in brackets: {paper.source}, and the difference over "
            "its standard error, the paper's own taken to be ours). Rows that differ in length "
            "alone share their tasks, so that their deviations go together.\n",
            "## Return by regret\n",
            markdown(suite, rows, cells, by_regret=True),
            "\nThe expected optimum of all tasks less the mean regret, ± the standard error: the "
            "same means without the luck of the tasks.\n",
            "![curves](curves.png)\n",
            f"## Parameters (tuning: {settings['tuning']})\n",
            lay_out(["", *tuned], parameters, markdown=True),
            f"\n## {snail.source}\n",
            snail.unit + "\n",
            *(cited_rows or ["none of these rows"]),
            "\n## Settings\n",
            *(f"- {key}: {value}" for key, value in settings.items()),
            f"- torch: {torch.__version__}\n",
        ]
    )


def cited(what: Any) -> str:
    """A printed figure, with its standard error if it has one; empty if there is none."""
    if what is None:
        return ""
    value, error = what if isinstance(what, tuple) else (what, None)
    return f"{value}" if error is None else f"{value} ± {error}"


def _draw(
    path: Path, suite: type[TabularSuite], rows: Sequence[Any], scores: Sequence[Score]
) -> None:
    """Two panels a row: mean reward of an episode, and regret so far; bands are ± 2 SE."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogFormatter

    titles = list(dict.fromkeys(score.algorithm.title for score in scores))
    colours = {title: f"C{i}" if i < 10 else "black" for i, title in enumerate(titles)}
    figure = Figure(figsize=(11, 3.3 * len(rows)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(rows), 2, squeeze=False)
    for (left, right), row in zip(panels, rows, strict=True):
        for score in scores:
            if score.row != row.name:
                continue
            curve, colour = score.curve, colours[score.algorithm.title]
            for axes, middle, error in (
                (left, curve.reward, curve.reward_se),
                (right, curve.regret, curve.regret_se),
            ):
                low = [m - 2 * e for m, e in zip(middle, error, strict=True)]
                high = [m + 2 * e for m, e in zip(middle, error, strict=True)]
                axes.plot(curve.episode, middle, color=colour, lw=1.2, label=score.algorithm.title)
                axes.fill_between(curve.episode, low, high, color=colour, alpha=0.2, lw=0)
        left.set(title=row.name, ylabel=f"mean reward of a {suite.episode_word}")
        right.set(title=row.name, ylabel="regret so far", yscale="log")
        right.yaxis.set_major_formatter("{x:g}")
        right.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.5)))
        for axes in (left, right):
            axes.set_xlabel(f"{suite.episode_word} of the trial")
            axes.grid(alpha=0.3)
    drawn = {label: handle for axes in panels[:, 0] for handle, label in _legend(axes)}
    handles, labels = list(drawn.values()), list(drawn)
    figure.legend(handles, labels, loc="outside upper center", ncols=5, frameon=False)
    figure.savefig(path, format="png")


def _legend(axes: Any) -> list[tuple[Any, str]]:
    """Lines of a panel and their titles."""
    return list(zip(*axes.get_legend_handles_labels(), strict=True))
