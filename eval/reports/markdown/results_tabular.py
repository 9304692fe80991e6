"""Tables 1 and 2 of the page of results: RL² beside published and human-designed algorithms.

Parameters of the algorithms are tuned on the reported tasks, as in the paper, or on held-out tasks;
algorithms for MDPs assume the published prior or the true one. Each choice is a table of its own. A
table that was not run is shown as such.
"""

from collections.abc import Sequence
from typing import Any

from ....core.formatting import decimal, lay_out, mean_and_error, number
from ....core.tabular.suite import tabular_suites
from ...tabular.report import cited
from .results_marks import OPTIMAL_ADVANTAGE, OTHER_SETTINGS, RESUMED, Record, footnotes, symbols

TITLES = {"bandits": "Table 1: bandits", "mdps": "Table 2: small MDPs"}
NOT_TRAINED = "not trained yet"
NOT_RUN = "not run yet"
PICTURES = {
    "bandits": "results/figures/curves_bandits.png",
    "mdps": "results/figures/curves_mdps.png",
}
EXTRA_ROWS = {"bandits": ["k50_n1000"], "mdps": []}  # published by SNAIL's authors alone
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
DIFFERENCES = """\
RL² (ours) acts on the same inputs as the paper's agents. Network and training differ
(`docs/ablations.md`): above all, rewards are fed back bound to the state and action that earned
them. Agents of long trials warm start from agents of shorter trials; the steps of both are counted.
"""


def tabular_section(kind: str, tables: dict[str, dict[str, Any]], records: Sequence[Record]) -> str:
    """Section of one suite.

    Args:
        kind: bandits or mdps.
        tables: Contents of table.json files, by name.
        records: Measurements of agents, see `agents.zoo.records`.
    """
    paper, snail = tabular_suites()[kind].published_tables
    rows = [*paper.rows, *EXTRA_ROWS[kind]]
    ours = [each for each in records if each["suite"] == kind]
    chosen = {choice: find_table(kind, *choice, tables) for choice in CHOICES[kind]}
    parts = [f"## {TITLES[kind]}\n", _summary(kind, rows, ours, chosen)]
    parts.append(
        f"\nTotal reward of a trial. RL² (ours): the mean and its 95 % interval. Algorithms: the "
        f"mean ± its standard error. Paper: {paper.source}. SNAIL: {snail.source}, "
        f"± as published; {snail.unit[0].lower()}{snail.unit[1:]}\n"
    )
    if any(row in paper.rows for row in (each["row"] for each in ours)):
        parts += [DIFFERENCES, *footnotes(ours, MARKS)]
        parts.append(f"![learning curves]({PICTURES[kind]})\n")
    for choice, table in chosen.items():
        parts.append(f"### Human-designed algorithms, {explain(kind, *choice)}\n")
        parts.append(_algorithms(kind, table) if table else f"{NOT_RUN}\n")
    return "\n".join(parts)


def find_table(
    kind: str, tuning: str, prior: str, tables: dict[str, dict[str, Any]]
) -> dict[str, Any] | None:
    """The table with these settings, merged if its rows were run separately; None if not run."""
    wanted = {"suite": kind, "tuning": tuning, "prior": prior}
    parts = [table for table in tables.values() if wanted.items() <= table["settings"].items()]
    if not parts:
        return None
    return {**parts[0], "cells": [cell for table in parts for cell in table["cells"]]}


def explain(kind: str, tuning: str, prior: str) -> str:
    """A choice in words."""
    words = [MEANING[tuning]]
    if tabular_suites()[kind].has_priors:
        words.append(MEANING[prior])
    return "; ".join(words)


def trained(records: Sequence[Record], row: str) -> tuple[str, str]:
    """Reward of our RL² on a row, and its million steps of training."""
    found = [each for each in records if each["row"] == row and each.get("sampled", True)]
    if not found:
        return NOT_TRAINED, ""
    steps = sorted({each["train_steps"] for each in found})
    millions = " to ".join(f"{each / 1e6:.3g}" for each in dict.fromkeys((steps[0], steps[-1])))
    means = [each["mean"] for each in found]
    digits = 2 if max(means) < 20 else 1
    if len(found) == 1:
        mean = number(means[0], found[0]["mean_ci"], digits, thousands=False)
        return f"{mean}, 1 seed", millions
    centre, low, high = (
        decimal(each, digits) for each in (sum(means) / len(means), min(means), max(means))
    )
    return f"{centre} ({low} to {high}, {len(found)} seeds)", millions


def _summary(kind: str, rows: Sequence[str], records: Sequence[Record], chosen: dict) -> str:
    """A row per task: RL², published results, and the best algorithm of each table."""
    paper, snail = tabular_suites()[kind].published_tables
    header = ["", "RL² (ours)", "million steps", "RL² (paper)", "SNAIL"]
    header += [f"best algorithm, {explain(kind, *choice)}" for choice in chosen]
    lines = []
    for row in rows:
        here = [each for each in records if each["row"] == row]
        line = [row + symbols(here, MARKS), *trained(records, row)]
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


def _algorithms(kind: str, table: dict[str, Any]) -> str:
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
