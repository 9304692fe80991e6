"""rl2-eval on a tabular suite: the mean total reward of a trial, on tasks it has never seen.

The tasks are those of `eval.tables` with the same seed and number, so that an agent can be set
beside every algorithm there.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ...core.files import write_text
from ...core.tabular.algorithms import Algorithm
from ...core.tabular.suite import TabularSuite
from ...core.types import Agent
from ..reports.formatting import decimal, lay_out, number
from .tuning import Player, Score

Z = 1.96  # standard errors to either side of a 95 % interval


def measure(
    agent: Agent,
    row: TabularSuite,
    num_trials: int,
    seed: int,
    finished: Callable[[str, int], None],
) -> dict[str, Any]:
    """Plays one trial on each of many fresh tasks.

    Args:
        agent: Who acts, on the CPU.
        row: A tabular suite's settings.
        num_trials: Tasks.
        seed: Of tasks, chance and actions.
        finished: See `Player`.

    Returns:
        mean, se, mean_ci: total reward of a trial
        ceiling: what the best arm or policy earns, knowing the tasks
        curve: mean reward of an episode, by block of episodes; with standard errors
        published: figures printed of this row, by source and algorithm
    """
    trained = Algorithm("agent", "agent", lambda suite, device: agent)
    player = Player({}, num_trials, seed, torch.device("cpu"), finished)
    score: Score = player.best([trained], [row], "paper")[0]
    reach = Z * score.se
    return {
        "row": row.name,
        "trials": num_trials,
        "mean": score.mean,
        "se": score.se,
        "mean_ci": [score.mean - reach, score.mean + reach],
        "ceiling": score.mean + score.curve.regret[-1],
        "curve": {
            "episode": score.curve.episode,
            "reward": score.curve.reward,
            "reward_se": score.curve.reward_se,
        },
        "published": _published(row),
    }


def _published(row: TabularSuite) -> dict[str, dict[str, Any]]:
    """Printed figures of a row by source and algorithm."""
    return {
        table.source: dict(table.rows[row.name])
        for table in row.published_tables
        if row.name in table.rows
    }


def tabular_table(figures: dict[str, Any], row: TabularSuite, markdown: bool = False) -> str:
    """The agent's figure, and below it those that were printed, best first."""
    mean = number(figures["mean"], figures["mean_ci"], digits=2, thousands=False)
    lines = [["this agent", str(mean)]]
    titles = {name: each.title for name, each in row.algorithms().all().items()}
    titles["rl2"] = "RL² (paper)"
    table = row.published_tables[0]
    printed = table.row(row.name)
    for each in sorted(printed, key=lambda each: -each.mean):
        lines.append([titles[each.agent], f"{each.mean}"])
    lines.append(["knowing the task", decimal(figures["ceiling"], 2)])
    source = [table.source] if printed else ["nothing was printed of such tasks"]
    header = ["", f"total reward of a trial of {row.episodes_per_trial} {row.episode_word}s"]
    return "\n".join([lay_out(header, lines, markdown), "", *source])


def write_tabular(folder: Path, title: str, table: str, results: dict[str, Any]) -> dict[str, Path]:
    """Writes report.md and results.json; returns where they lie."""
    files = {"report": folder / "report.md", "figures": folder / "results.json"}
    how = "the likeliest each time" if results["greedy"] else "sampled"
    notes = f"Means over tasks that were not trained on, with 95 % intervals; actions are {how}."
    write_text(files["report"], f"# Evaluation\n\n{title}\n\n{table}\n\n{notes}\n")
    write_text(files["figures"], json.dumps(results, indent=1) + "\n")
    return files
