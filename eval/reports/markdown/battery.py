"""Report of the battery: a Markdown page, and files to compute with."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....core.formatting import Cell, count, lay_out, ratio
from ....core.metrics import METRICS, Metric
from ....core.storage.files import write_text
from ....mazes.tasks import MazeTasks
from ...controls.conditions import GROUPS
from ..metric_cells import cell, comparison_metrics, episode_metrics, heading, stored
from .episode_table import table

SHOWN = 2  # episodes that the tables of all conditions show
NOTES = (
    "Metrics of one episode are given for episodes 1 and 2. The others compare episode 2 with "
    "episode 1; over all trials, an agent without memory closes 0 % of the gap on average.",
    "Controls intervene on the trained agent; nothing was trained for them.",
)


def battery_table(results: Sequence[dict[str, Any]], markdown: bool = False) -> str:
    """A row per condition with its headline metrics.

    Args:
        results: One dictionary per condition, from `eval.battery.run_condition`.
        markdown: Whether to write Markdown instead of aligned text.
    """
    held = {name: None for each in results for name in each}
    metrics = episode_metrics(held, headline=True) + comparison_metrics(held, headline=True)
    return _table(results, metrics, markdown)


def write_battery(
    folder: Path, figures: dict[str, Any], results: Sequence[dict[str, Any]], suite: dict
) -> dict[str, Path]:
    """Write battery.md, battery.csv and battery.json.

    Args:
        folder: Existing folder of the files.
        figures: The program's last line.
        results: As in `battery_table`.
        suite: Settings of the suite that the conditions vary.

    Returns:
        The files, by kind.
    """
    import polars as pl

    files = {
        "report": folder / "battery.md",
        "table": folder / "battery.csv",
        "figures": folder / "battery.json",
    }
    whole = {**figures, "suite": suite, "conditions": list(results)}
    write_text(files["report"], _page(figures, results, suite))
    write_text(
        files["table"], pl.DataFrame(csv_rows(results), infer_schema_length=None).write_csv()
    )
    write_text(files["figures"], json.dumps(whole, indent=2) + "\n")
    return files


def csv_rows(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A flat row per episode of each condition; an interval is two columns, _low and _high.

    Metrics that compare with episode 1 stand in the row of the later episode.
    """
    rows = []
    for each in results:
        later = {entry["episode"]: entry for entry in each.get("later", [])}
        for k in range(each["episodes"]):
            row = {name: each[name] for name in ("group", "condition", "engine", "trials")}
            row["episode"] = k + 1
            for name, value in each.items():
                compared = later.get(k + 1, each).get(name)
                if isinstance(value, list) and name != "later":
                    _put(row, name, value[k])
                elif name in row or name in ("meaning", "later", "episodes"):
                    continue
                elif name == "horizon":
                    row[name] = value
                else:
                    _put(row, name, compared if k > 0 else None)
            rows.append(row)
    return rows


def _put(row: dict[str, Any], name: str, value: Any) -> None:
    """Add a value, or an interval as two values."""
    if name.endswith("_ci"):
        low, high = value or (None, None)
        row |= {f"{name[:-3]}_low": low, f"{name[:-3]}_high": high}
    else:
        row[name] = value


def _table(results: Sequence[dict[str, Any]], metrics: Sequence[Metric], markdown: bool) -> str:
    header = ["condition", *map(heading, metrics)]
    rows = [[each["condition"], *(_cell(metric, each) for metric in metrics)] for each in results]
    return lay_out(header, rows, markdown)


def _cell(metric: Metric, figures: dict[str, Any]) -> Cell:
    """A comparison, with its interval if it is a ratio; or the values of the first episodes."""
    if metric.name not in figures:
        return Cell("")
    if not metric.compares:
        values = figures[metric.name][:SHOWN]
        return Cell(", ".join(cell(metric, value).text for value in values))
    value, interval = stored(figures, metric.name)
    return cell(metric, value, interval if metric.unit == "ratio" else None)


def _agent(figures: dict[str, Any]) -> str:
    """The agent and the length of its training."""
    if figures["checkpoint"] is None:
        name = figures["outside_agent"]["name"]
        return f"`{name}`, an agent from outside, whose training is not known"
    return f"`{figures['checkpoint']}`, {count(figures['train_steps'])} steps of training"


def _how(figures: dict[str, Any]) -> str:
    return "chosen by the agent" if figures["checkpoint"] is None else "sampled"


def _page(figures: dict[str, Any], results: Sequence[dict[str, Any]], suite: dict) -> str:
    tasks, rules = MazeTasks(**suite["tasks"]), suite["rules"]
    lost = ratio(*stored(figures, "shortening_lost_by_reset"))
    lines = [
        "# Battery\n",
        f"- agent: {_agent(figures)}",
        f"- mazes: {tasks.rooms}x{tasks.rooms} rooms, generator {tasks.generator}, split "
        f"{tasks.split_name}, {figures['trials']} trials per condition, each maze once",
        f"- rules: {rules['movement']} movement, horizon {rules['horizon']}",
        f"- simulator: {figures['engine']}; actions {_how(figures)}, seed {figures['seed']}",
        "- shortening lost by the memory reset, 1 - (1 - reset ratio) / (1 - ratio), where the "
        f"ratio is the length ratio: {lost}\n",
    ]
    for group in GROUPS:
        members = [each for each in results if each["group"] == group]
        if members:
            meanings = [f"- {each['condition']}: {each['meaning']}" for each in members]
            lines.append(f"## {group.capitalize()}\n\n{battery_table(members, markdown=True)}\n")
            lines.append("\n".join(meanings) + "\n")
    lines += [f"{note}\n" for note in NOTES]
    if behaviour := [metric for metric in METRICS.all().values() if metric.unit == "count"]:
        meanings = [f"- {metric.title}: {metric.meaning}" for metric in behaviour]
        lines.append(f"## Behaviour\n\n{_table(results, behaviour, markdown=True)}\n")
        lines.append("\n".join(meanings) + "\n")
    for each in results:
        if each["episodes"] > SHOWN:
            lines.append(f"## By episode: {each['condition']}\n\n{table(each, markdown=True)}\n")
    return "\n".join(lines)
