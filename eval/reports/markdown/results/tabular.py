"""Tables 1 and 2 of the page of results: RL² beside published and human-designed algorithms.

Everything comes from tables of `rl2 tables` in results/. Agents are kept apart by track. Parameters
of the algorithms are tuned on the reported tasks, as in the paper, or on held-out tasks; algorithms
for MDPs assume the published prior or the true one. Each choice is a table of its own. A table that
was not run is shown as such.
"""

from collections.abc import Mapping
from typing import Any

from .....core.formatting import lay_out, mean_and_error
from .....core.tabular.suite import tabular_suites
from ....tabular.report import cited
from ....tabular.standings import BY_REGRET, Tables, rows_of, standings
from ....tabular.tracks import ALGORITHMS
from .marks import OPTIMAL_ADVANTAGE, OTHER_SETTINGS, RESUMED, Record, footnotes
from .tracks import headline, our_tracks, records_of, tracks_table, yardsticks_table

TITLES = {"bandits": "Table 1: bandits", "mdps": "Table 2: small MDPs"}
NOT_RUN = "not run yet"
# By suite: the tuning of the parameters and the prior of each table.
CHOICES = {
    "bandits": [("paper", "published"), ("held_out", "published")],
    "mdps": [
        *(("paper", "published"), ("held_out", "published")),
        *(("paper", "true"), ("held_out", "true")),
    ],
}
MEANING = {
    "paper": "tuned on the reported tasks, as in the paper",
    "held_out": "tuned on held-out tasks",
    "published": "prior mean reward 0, as published",
    "true": "prior mean reward 1, the true one",
}
MARKS = (OPTIMAL_ADVANTAGE, OTHER_SETTINGS, RESUMED)
INTRODUCTION = """
Total reward of a trial. Ours, by regret (see below): one seed ± its standard error, or the median
over seeds and in brackets the worst, the best and the number of seeds. Agents of different tracks
are never averaged: plain is the GRU that walks the mazes, and the authors' network is the paper's;
both learn each arm or state anew. Exchangeable agents have one small memory for each arm, or pair
of state and action, all with the same weights; one agent for many rows is exchangeable and was
trained on a mixture of them.
"""
DIFFERENCES = """\
Our agents act on the same inputs as the paper's; exchangeable ones also know the length of a trial
and the number of the step. Networks and training differ (`docs/ablations.md`).
"""


def tabular_section(kind: str, tables: Tables, known: Mapping[str, Record] | None = None) -> str:
    """Section of one suite.

    Args:
        kind: bandits or mdps.
        tables: Contents of table.json files, by name.
        known: Properties of published agents by path, see `eval.results.training_of`.
    """
    known = known or {}
    paper, snail = tabular_suites()[kind].published_tables
    chosen = {choice: find_table(kind, *choice, tables) for choice in CHOICES[kind]}
    found = standings(kind, tables)
    ours = [record for each in found for record in records_of(each, known)]
    parts = [f"## {TITLES[kind]}\n", _summary(kind, tables, known, chosen), INTRODUCTION]
    parts.append(
        f"Algorithms: the mean ± its standard error. Paper: {paper.source}. SNAIL: {snail.source}, "
        f"± as published; {snail.unit[0].lower()}{snail.unit[1:]}\n"
    )
    if found:
        parts += [DIFFERENCES, *footnotes(ours, MARKS)]
    parts += ["### Tracks\n", tracks_table(kind, tables), yardsticks_table(kind, tables)]
    for choice, table in chosen.items():
        parts.append(f"### Human-designed algorithms, {explain(kind, *choice)}\n")
        parts.append(_algorithms(table) if table else f"{NOT_RUN}\n")
    return "\n".join(parts)


def find_table(kind: str, tuning: str, prior: str, tables: Tables) -> dict[str, Any] | None:
    """Algorithms with these settings, merged if rows were run separately; None if not run.

    Tables of algorithms that were measured by regret, on more tasks, are not among them.
    """
    wanted = {"suite": kind, "tuning": tuning, "prior": prior}
    parts = [
        table
        for name, table in tables.items()
        if wanted.items() <= table["settings"].items()
        and not name.rpartition("/")[2].startswith(BY_REGRET)
    ]
    cells = [cell for table in parts for cell in table["cells"]]
    cells = [cell for cell in cells if cell.get("track", ALGORITHMS) == ALGORITHMS]
    with_algorithms = [table for table in parts if not table["settings"].get("agents")]
    return {**(with_algorithms or parts)[0], "cells": cells} if cells else None


def explain(kind: str, tuning: str, prior: str) -> str:
    """A choice in words."""
    words = [MEANING[tuning]]
    if tabular_suites()[kind].has_priors:
        words.append(MEANING[prior])
    return "; ".join(words)


def _summary(kind: str, tables: Tables, known: Mapping[str, Record], chosen: dict) -> str:
    """A row per task: our tracks, published results, and the best algorithm of each table."""
    paper, snail = tabular_suites()[kind].published_tables
    header = ["", *our_tracks().values(), "RL² (paper)", "SNAIL"]
    header += [f"best algorithm, {explain(kind, *choice)}" for choice in chosen]
    lines, found = [], standings(kind, tables)
    for row in rows_of(kind):
        line = [row, *headline(found, row, known, MARKS)]
        printed, theirs = paper.rows.get(row, {}), snail.rows.get(row, {})
        # The paper's result; where it has no such row, that of SNAIL's authors with an LSTM.
        line.append(cited(printed.get("rl2")) or cited(theirs.get("rl2")))
        line.append(cited(theirs.get("snail")))
        line += [_best(table, row) for table in chosen.values()]
        lines.append(line)
    return lay_out(header, lines, markdown=True)


def _best(table: dict[str, Any] | None, row: str) -> str:
    if table is None:
        return NOT_RUN
    cells = [each for each in table["cells"] if each["row"] == row]
    if not cells:
        return NOT_RUN
    best = max(cells, key=lambda each: each["mean"])
    return f"{best['title']} {mean_and_error(best['mean'], best['se'])}"


def _algorithms(table: dict[str, Any]) -> str:
    """Every algorithm on every row, with its parameter, and in brackets the paper's result."""
    cells = table["cells"]
    titles = {each["algorithm"]: each["title"] for each in cells}
    found = {(each["row"], each["algorithm"]): each for each in cells}
    rows = list(dict.fromkeys(each["row"] for each in cells))
    lines = [[row, *(_cell(found.get((row, name))) for name in titles)] for row in rows]
    settings = table["settings"]
    note = (
        f"\nMean ± standard error over {settings['num_tasks']:,} tasks, seed {settings['seed']}, "
        "with the parameter, and in brackets the paper's result."
    )
    return lay_out(["", *titles.values()], lines, markdown=True) + "\n" + note + "\n"


def _cell(cell: dict[str, Any] | None) -> str:
    if cell is None:
        return ""
    text = mean_and_error(cell["mean"], cell["se"])
    if cell["value"]:
        text += f", {cell['value']}"
    return text if cell["published"] is None else f"{text} ({cell['published']})"
