"""Page of an evaluation on a tabular suite: the total reward of a trial beside printed results."""

import json
from pathlib import Path
from typing import Any

from ...core.formatting import decimal, lay_out, mean_and_error, number
from ...core.storage.files import write_text
from ...core.tabular.suite import TabularSuite


def tabular_table(figures: dict[str, Any], row: TabularSuite, markdown: bool = False) -> str:
    """Lay out the agent's figure above the printed results, best first.

    Args:
        figures: Figures of `eval.metrics.returns.returns`.
        row: Suite of the evaluation.
        markdown: Markdown instead of aligned text.
    """
    mean = number(figures["mean"], figures["mean_ci"], digits=2, thousands=False)
    lines = [["this agent", str(mean)]]
    if figures["by_regret"] is not None:
        by_regret = mean_and_error(figures["by_regret"], figures["by_regret_se"])
        lines.append(["this agent, by regret", by_regret])
    titles = {name: each.title for name, each in row.algorithms().all().items()}
    titles["rl2"] = "RL² (paper)"
    table = row.published_tables[0]
    printed = [each for each in row.published() if each.source == table.source]
    for each in sorted(printed, key=lambda each: -each.mean):
        lines.append([titles[each.agent], f"{each.mean}"])
    lines.append(["knowing the task", decimal(figures["ceiling"], 2)])
    source = [table.source] if printed else ["no results were printed for these tasks"]
    header = ["", f"total reward of a trial of {row.episodes_per_trial} {row.episode_word}s"]
    return "\n".join([lay_out(header, lines, markdown), "", *source])


def write_tabular(folder: Path, title: str, table: str, results: dict[str, Any]) -> dict[str, Path]:
    """Write report.md and results.json; returns their paths."""
    files = {"report": folder / "report.md", "figures": folder / "results.json"}
    how = "sampled" if results["checkpoint"] is not None else "the agent's own"
    how = "the most likely" if results["greedy"] else how
    notes = (
        f"Mean over fresh tasks with its 95 % interval; actions are {how}. By regret, ± the "
        "standard error: the expected optimum of all tasks less the mean regret, without the luck "
        "of these tasks."
    )
    write_text(files["report"], f"# Evaluation\n\n{title}\n\n{table}\n\n{notes}\n")
    write_text(files["figures"], json.dumps(results, indent=2) + "\n")
    return files
