"""What the battery found, as a table to read and files to compute with."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....core.files import write_text
from ...controls.conditions import GROUPS
from ..formatting import Cell, lay_out, number, percent, ratio, steps
from .episode_table import table

HEADER = (
    *("condition", "success %", "steps", "shortest", "SPL"),
    *("episode 2 / 1", "shorter %", "possible gain %"),
)
NOTES = (
    "Success, steps of successes, and SPL (success weighted by path length, Anderson et al. 2018) "
    "are given for episodes 1 and 2, as is the mean length of the shortest way.",
    "Episode 2 / 1 is the ratio of steps over the trials that succeed in both, with its 95 % "
    "interval (paired bootstrap); shorter is the share of trials whose episode 2 is strictly so.",
    "Possible gain is how many of the steps that episode 1 took too many were saved in episode 2, "
    "where there were any; in brackets the same over all trials, which is 0 on average for an "
    "agent without memory.",
    "Controls intervene on the trained agent; nothing was trained for them.",
)
BEHAVIOUR = ("wall_hits", "cells_revisited", "cells_seen")


def battery_table(results: Sequence[dict[str, Any]], markdown: bool = False) -> str:
    """A row a condition.

    Args:
        results: A dictionary a condition, from `eval.battery.run_condition`.
        markdown: Markdown instead of aligned text.
    """
    return lay_out(HEADER, [_row(each) for each in results], markdown)


def write_battery(
    folder: Path, figures: dict[str, Any], results: Sequence[dict[str, Any]], suite: dict
) -> dict[str, Path]:
    """Writes battery.md, battery.csv and battery.json.

    Args:
        folder: Where to.
        figures: The last line's.
        results: As in `battery_table`.
        suite: What the conditions are variations of, as settings.

    Returns:
        The files, by what they are.
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
    """A flat row for each episode of each condition; an interval is two columns, _low and _high.

    Figures that compare with episode 1 stand in the later episode's row.
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
    """Adds a figure, or an interval as two."""
    if name.endswith("_ci"):
        low, high = value or (None, None)
        row |= {f"{name[:-3]}_low": low, f"{name[:-3]}_high": high}
    else:
        row[name] = value


def _row(each: dict[str, Any]) -> list[str | Cell]:
    return [
        each["condition"],
        ", ".join(str(percent(value)) for value in each["success"][:2]),
        ", ".join(str(steps(value)) for value in each["length"][:2]),
        ", ".join(str(steps(value)) for value in each["shortest_length"][:2]),
        ", ".join(str(number(value, digits=2)) for value in each["spl"][:2]),
        ratio(each["length_ratio"], each["length_ratio_ci"]),
        percent(each["shorter"]),
        f"{percent(each['gap_closed'])} ({percent(each['gap_closed_all'])})",
    ]


def _page(figures: dict[str, Any], results: Sequence[dict[str, Any]], suite: dict) -> str:
    tasks, rules = suite["tasks"], suite["rules"]
    lines = [
        "# Battery\n",
        f"- agent: `{figures['checkpoint']}`, {figures['train_steps']:,} steps of training",
        f"- mazes: {tasks['rooms']}x{tasks['rooms']} rooms, generator {tasks['generator']}, split "
        f"{tasks['split']}, {figures['trials']} trials a condition, each maze once",
        f"- rules: {rules['movement']} movement, horizon {rules['horizon']}",
        f"- simulator: {figures['engine']}; actions sampled, seed {figures['seed']}",
        "- shortening lost by the memory reset, 1 - (1 - reset ratio) / (1 - ratio): "
        f"{ratio(figures['shortening_lost_by_reset'], figures['shortening_lost_by_reset_ci'])}\n",
    ]
    for group in GROUPS:
        members = [each for each in results if each["group"] == group]
        if members:
            told = [f"- {each['condition']}: {each['meaning']}" for each in members]
            lines.append(f"## {group.capitalize()}\n\n{battery_table(members, markdown=True)}\n")
            lines.append("\n".join(told) + "\n")
    lines += [f"{note}\n" for note in NOTES]
    lines.append(f"## On the way\n\n{_behaviour(results)}\n")
    lines.append(
        "Means over episodes 1 and 2: bumps (walking: tics of contact), moves into a cell where "
        "the episode had been before, and open cells seen before the target, of successes.\n"
    )
    for each in results:
        if each["episodes"] > 2:
            lines.append(f"## By episode: {each['condition']}\n\n{table(each, markdown=True)}\n")
    return "\n".join(lines)


def _behaviour(results: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            each["condition"],
            *(
                ", ".join(str(number(value)) for value in each.get(name, [None, None])[:2])
                for name in BEHAVIOUR
            ),
        ]
        for each in results
    ]
    return lay_out(["condition", "wall hits", "cells revisited", "cells seen"], rows, markdown=True)
