"""Table 3 of the page of results: mazes, ours beside the paper's and SNAIL's, and the controls.

The walking mazes are the paper's. The grid's are ours alone: nobody printed figures of them.
"""

from collections.abc import Sequence
from typing import Any

from agents.measurements import AS_TRAINED
from eval.results_tabular import NOT_TRAINED
from eval.table import cited, lay_out, length, percent, ratio
from mazes.published import LARGE, SMALL, PublishedResult

ROWS = {"walk_small": SMALL, "walk_large": LARGE, "grid_small": (), "grid_large": ()}
TITLES = {
    "walk_small": "Small mazes, walking (3x3 rooms, horizon 250)",
    "walk_large": "Large mazes, walking (5x5 rooms, horizon 1,000)",
    "grid_small": "Small mazes, grid movement (the demo's; not in the paper)",
    "grid_large": "Large mazes, grid movement (not in the paper)",
}
EPISODES = 5


def mazes_section(records: Sequence[dict[str, Any]]) -> str:
    """The section of the mazes.

    Args:
        records: What was measured of agents, see `agents.measurements`.
    """
    mazes = [each for each in records if each["suite"] == "mazes"]
    parts = [
        "## Table 3: mazes\n",
        "Steps of the episodes that reach the target ± the reach of the interval, and the share "
        "of episodes that do. Mazes of ours are of a split that shares none with training, unless "
        "it is said how many were trained on; the papers' figures are of their own.\n",
    ]
    for row, published in ROWS.items():
        found = [e for e in mazes if e["row"] == row and e["condition"] == AS_TRAINED]
        parts += [f"### {TITLES[row]}\n", _lengths(found, published), "", _gains(found, published)]
    if any("length" in each for each in mazes):
        parts.append("![learning curves](results/curves_mazes.png)\n")
    parts.append(_controls([each for each in mazes if each.get("reset_ratio") is not None]))
    return "\n".join(parts)


def _lengths(found: Sequence[dict[str, Any]], published: Sequence[PublishedResult]) -> str:
    header = ["", "million steps", "simulator, split, trials"]
    header += [f"episode {k + 1}" for k in range(EPISODES)]
    lines = [_ours(each) for each in found] or [["RL² (ours)", NOT_TRAINED, *[""] * 6]]
    lines += [
        [f"{each.agent} ({each.source})", "", "", *(cited(each, k) for k in range(EPISODES))]
        for each in published
    ]
    return lay_out(header, lines, markdown=True)


def _ours(each: dict[str, Any]) -> list[str]:
    sampled = "" if each["sampled"] else ", greedy actions"
    known = each.get("trained_on_share")
    known = f", {100 * known:.0f} % of them trained on" if known else ""
    line = [
        each["agent"],
        f"{each['train_steps'] / 1e6:.3g}",
        f"{each['engine']}, {each['split']}, {each['trials']:,}{known}{sampled}",
    ]
    for k in range(EPISODES):
        if k >= each["episodes"]:
            line.append("")
            continue
        value, interval = each["length"][k], each["length_ci"][k]
        steps = length(value, None if interval is None else interval[1] - value)
        line.append(f"{steps} ({percent(each['success'][k], None)} %)")
    return line


def _gains(found: Sequence[dict[str, Any]], published: Sequence[PublishedResult]) -> str:
    """Episode 2 against episode 1: ratio, share no longer, share of the possible gain."""
    header = ["", "episode 2 / 1", "no longer than episode 1, %", "share of the possible gain, %"]
    lines = [
        [
            each["agent"],
            ratio(each["ratio"], each["ratio_ci"]),
            percent(each["improved"], each["improved_ci"]),
            percent(each["gain_share"], each["gain_share_ci"]),
        ]
        for each in found
        if "ratio" in each
    ]
    for each in published:
        if len(each.length) > 1:
            of_means = f"{each.length[1] / each.length[0]:.3f} (of the means)"
            improved = "" if each.improved is None else f"{100 * each.improved:.1f}"
            lines.append([each.agent, of_means, improved, ""])
    return lay_out(header, lines, markdown=True) + "\n" if lines else ""


def _controls(found: Sequence[dict[str, Any]]) -> str:
    """What is left of the gain when the memory is reset, and with the camera covered."""
    if not found:
        return ""
    header = ["", "episode 2 / 1", "the same, memory reset", "shortening lost", "blind success, %"]
    lines = [
        [
            f"{each['agent']}, {each['row']}, {each['engine']}",
            ratio(each["ratio"], each["ratio_ci"]),
            ratio(each["reset_ratio"], None),
            ratio(each["shortening_lost_by_reset"], None),
            percent(each["blind_success"], None),
        ]
        for each in found
    ]
    return f"### Where the gain comes from\n\n{lay_out(header, lines, markdown=True)}\n"
