"""Tables 1 and 2 of the page of results: RL² beside the papers and every human-designed algorithm.

The algorithms' parameters are tuned on the reported tasks, as the paper did, or on held-out tasks;
those of the MDPs believe in the published prior or in the true one. Each choice is a table of its
own, and none that was not run is left out silently.
"""

from collections.abc import Sequence
from typing import Any

from ....core.tabular_suite import tabular_suites
from ...tabular.report import cited
from ..formatting import decimal, lay_out, mean_and_error, number

TITLES = {"bandits": "Table 1: bandits", "mdps": "Table 2: small MDPs"}
NOT_TRAINED = "not trained yet"
NOT_RUN = "not run yet"
PICTURES = {
    "bandits": "results/figures/curves_bandits.png",
    "mdps": "results/figures/curves_mdps.png",
}
EXTRA_ROWS = {"bandits": ["k50_n1000"], "mdps": []}  # printed elsewhere than by the paper
# Of a table: how the parameters were tuned, and which prior was believed in.
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
OURS = """RL² (ours) plays by what the paper's agents saw and nothing else. What differs from
theirs, in the network and in training, is in `docs/ablations.md`: above all, rewards come bound to
the state and action that earned them, and in training the critic is told the task and actions are
credited with what they lose on the best ones. Long trials begin from agents of shorter ones, whose
steps are counted too."""


OTHERWISE = """‡ Trained with other settings than its preset has today; the agent's card says which.
"""


def tabular_section(
    kind: str, tables: dict[str, dict[str, Any]], records: Sequence[dict[str, Any]]
) -> str:
    """The section of one suite.

    Args:
        kind: bandits or mdps.
        tables: Contents of table.json files, by name.
        records: What was measured of agents, see `agents.zoo.records`.
    """
    paper, snail = tabular_suites()[kind].published_tables
    rows = [*paper.rows, *EXTRA_ROWS[kind]]
    ours = [each for each in records if each["suite"] == kind]
    chosen = {choice: find_table(kind, *choice, tables) for choice in CHOICES[kind]}
    parts = [f"## {TITLES[kind]}\n", _summary(kind, rows, ours, chosen)]
    parts.append(
        f"\nTotal reward of a trial. Paper: {paper.source}. SNAIL: "
        f"{snail.source}; {snail.unit[0].lower()}{snail.unit[1:]}\n"
    )
    if any(row in paper.rows for row in (each["row"] for each in ours)):
        parts.append(f"{OURS}\n")
        if not all(each.get("preset", True) for each in ours):
            parts.append(OTHERWISE)
        parts.append(f"![learning curves]({PICTURES[kind]})\n")
    for choice, table in chosen.items():
        parts.append(f"### Human-designed algorithms, {explain(kind, *choice)}\n")
        parts.append(_algorithms(kind, table) if table else f"{NOT_RUN}\n")
    return "\n".join(parts)


def find_table(
    kind: str, tuning: str, prior: str, tables: dict[str, dict[str, Any]]
) -> dict[str, Any] | None:
    """The table with these settings, if it was run; in parts, if its rows were run apart."""
    wanted = {"suite": kind, "tuning": tuning, "prior": prior}
    parts = [table for table in tables.values() if wanted.items() <= table["settings"].items()]
    if not parts:
        return None
    return {**parts[0], "cells": [cell for table in parts for cell in table["cells"]]}


def explain(kind: str, tuning: str, prior: str) -> str:
    """What a choice means, in words."""
    words = [MEANING[tuning]]
    if tabular_suites()[kind].has_priors:
        words.append(MEANING[prior])
    return "; ".join(words)


def trained(records: Sequence[dict[str, Any]], row: str) -> tuple[str, str]:
    """Our RL² on a row, and the million steps behind it."""
    found = [each for each in records if each["row"] == row and each.get("sampled", True)]
    if not found:
        return NOT_TRAINED, ""
    steps = sorted({each["train_steps"] for each in found})
    told = " to ".join(f"{each / 1e6:.3g}" for each in dict.fromkeys((steps[0], steps[-1])))
    means = [each["mean"] for each in found]
    digits = 2 if max(means) < 20 else 1
    if len(found) == 1:
        mean = number(means[0], found[0]["mean_ci"], digits, thousands=False)
        return f"{mean}, 1 seed", told
    centre, low, high = (
        decimal(each, digits) for each in (sum(means) / len(means), min(means), max(means))
    )
    return f"{centre} ({low} to {high}, {len(found)} seeds)", told


def _summary(
    kind: str, rows: Sequence[str], records: Sequence[dict[str, Any]], chosen: dict
) -> str:
    """A row a task: RL², what was printed, and the best algorithm of each table."""
    paper, snail = tabular_suites()[kind].published_tables
    header = ["", "RL² (ours)", "million steps", "RL² (paper)", "SNAIL"]
    header += [f"best algorithm, {explain(kind, *choice)}" for choice in chosen]
    lines = []
    for row in rows:
        here = [each for each in records if each["row"] == row]
        mark = "" if all(each.get("preset", True) for each in here) else "‡"
        line = [row + mark, *trained(records, row)]
        printed, theirs = paper.rows.get(row, {}), snail.rows.get(row, {})
        # The paper's own figure; where it has no such row, that of SNAIL's authors for an LSTM.
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
    """Every algorithm on every row, with its parameter, and in brackets the paper's figure."""
    cells = table["cells"]
    titles = {each["algorithm"]: each["title"] for each in cells}
    found = {(each["row"], each["algorithm"]): each for each in cells}
    rows = list(dict.fromkeys(each["row"] for each in cells))
    lines = [[row, *(_cell(found.get((row, name))) for name in titles)] for row in rows]
    settings = table["settings"]
    note = (
        f"\nMean ± standard error over {settings['num_tasks']:,} tasks, seed {settings['seed']}; "
        "the parameter; in brackets the paper's figure."
    )
    return lay_out(["", *titles.values()], lines, markdown=True) + "\n" + note + "\n"


def _cell(cell: dict[str, Any] | None) -> str:
    if cell is None:
        return ""
    text = mean_and_error(cell["mean"], cell["se"])
    if cell["value"]:
        text += f", {cell['value']}"
    return text if cell["published"] is None else f"{text} ({cell['published']})"
