"""Table 3 of the page of results: mazes, ours beside the paper's and SNAIL's, and the controls.

The walking mazes are the paper's. The grid's are ours alone: nobody printed figures of them.
"""

from collections.abc import Sequence
from typing import Any

from ....agents.zoo.records import AS_TRAINED, GREEDY
from ....mazes.published import LARGE, SMALL, PublishedResult
from ..formatting import (
    Cell,
    count,
    decimal,
    half_width,
    lay_out,
    median_and_range,
    percent,
    ratio,
    steps,
)
from .episode_table import cited
from .results_tabular import NOT_TRAINED

ROWS = {"walk_small": SMALL, "walk_large": LARGE, "grid_small": (), "grid_large": ()}
TITLES = {
    "walk_small": "Small mazes, walking (3x3 rooms, horizon 250)",
    "walk_large": "Large mazes, walking (5x5 rooms, horizon 1,000)",
    "grid_small": "Small mazes, grid movement (the demo's; not in the paper)",
    "grid_large": "Large mazes, grid movement (not in the paper)",
}
AGENTS = {  # what the trainings behind a name have in common
    "walk_small": "on two cores",
    "walk_small_gpu": "the same for a GPU, five times as long",
    "walk_small_finetuned": "walk_small_gpu trained on, in trials of three episodes, and in all mazes "
    "of the training split where that had 5,000",
    "walk_small_duan2016": "the authors' network, with neither auxiliary task nor privileged "
    "critic; the learner is our PPO",
    "walk_small_without_aux": "our network without the auxiliary task",
    "walk_large_finetuned": "walk_small_gpu trained on in large mazes",
    "walk_large_long": "walk_large_finetuned trained on for as long again, in trials of three episodes",
    "demo": "the demo",
    "grid_small": "the demo's mazes, with the auxiliary task",
    "grid_large": "grid_small trained on in large mazes",
}
EPISODES = 5
FEWEST_SEEDS = 3  # of which a median says something
AUXILIARY = """† With an auxiliary task: in training, the memory also had to foretell what a critic
was told: where the agent stands, where the target lies and how the way there leads. The policy
never was told, and neither is the agent that is measured. The papers' agents had no such help.
"""


def mazes_section(records: Sequence[dict[str, Any]]) -> str:
    """The section of the mazes.

    Args:
        records: What was measured of agents, see `agents.zoo.records`.
    """
    mazes = [each for each in records if each["suite"] == "mazes"]
    parts = [
        "## Table 3: mazes\n",
        "Steps of the episodes that reach the target ± the reach of the interval, and the share "
        "of episodes that do. Mazes of ours are of a split that shares none with training, unless "
        "it is said how many were trained on; the papers' figures are of their own. Actions are "
        "sampled unless it says greedy.\n",
    ]
    if any(each.get("auxiliary") for each in mazes):
        parts.append(AUXILIARY)
    parts.append(_agents(mazes))
    for row, published in ROWS.items():
        found = [e for e in mazes if e["row"] == row and e["condition"] in (AS_TRAINED, GREEDY)]
        parts += [f"### {TITLES[row]}\n", _lengths(found, published), "", _gains(found, published)]
        parts.append(_over_seeds(found))
    if any("length" in each for each in mazes):
        parts.append("![learning curves](results/figures/curves_mazes.png)\n")
    parts.append(_controls(mazes))
    return "\n".join(parts)


def _agents(mazes: Sequence[dict[str, Any]]) -> str:
    """What the names of agents mean, of those that were measured."""
    names = {each["agent"].partition("/")[0] for each in mazes}
    return "".join(f"- {name}: {AGENTS[name]}\n" for name in AGENTS if name in names)


def _lengths(found: Sequence[dict[str, Any]], published: Sequence[PublishedResult]) -> str:
    header = ["", "million steps", "simulator, split, trials x episodes"]
    header += [f"episode {k + 1}" for k in range(EPISODES)]
    lines = [_ours(each) for each in found] or [["RL² (ours)", NOT_TRAINED, *[""] * 6]]
    lines += [
        [f"{each.agent} ({each.source})", "", "", *(cited(each, k) for k in range(EPISODES))]
        for each in published
    ]
    return lay_out(header, lines, markdown=True)


def _ours(each: dict[str, Any]) -> list[str]:
    line = [_name(each), f"{each['train_steps'] / 1e6:.3g}", _where(each)]
    return line + [_episode(each, k) if k < each["episodes"] else "" for k in range(EPISODES)]


def _name(each: dict[str, Any]) -> str:
    return each["agent"] + "†" * bool(each.get("auxiliary"))


def _where(each: dict[str, Any]) -> str:
    """Simulator, split, trials and their episodes, and how it acted if not as in training."""
    sampled = "" if each["sampled"] else ", greedy actions"
    known = each.get("trained_on_share")
    known = f", {decimal(100 * known, 0)} % of them trained on" if known else ""
    trials = f"{count(each['trials'])} x {each['episodes']}"
    return f"{each['engine']}, {each['split']}, {trials}{known}{sampled}"


def _episode(each: dict[str, Any], k: int) -> str:
    """Steps and success of episode k, from 0."""
    value, interval = each["length"][k], each["length_ci"][k]
    length = steps(value, half_width(value, interval))
    return f"{length} ({percent(each['success'][k])} %)"


def _gains(found: Sequence[dict[str, Any]], published: Sequence[PublishedResult]) -> str:
    """Episode 2 against episode 1: ratio, share no longer, share of the possible gain."""
    header = ["", "simulator, split, trials x episodes", "episode 2 / 1"]
    header += ["no longer than episode 1, %", "share of the possible gain, %"]
    lines: list[list[str | Cell]] = [
        [
            _name(each),
            _where(each),
            ratio(each["length_ratio"], each["length_ratio_ci"]),
            percent(each["not_longer"], each["not_longer_ci"]),
            percent(each["gap_closed"], each["gap_closed_ci"]),
        ]
        for each in found
        if "length_ratio" in each
    ]
    for each in published:
        if len(each.length) > 1:
            of_means = f"{ratio(each.length[1] / each.length[0])} (of the means)"
            not_longer = "" if each.not_longer is None else percent(each.not_longer)
            lines.append([each.agent, "", of_means, not_longer, ""])
    return lay_out(header, lines, markdown=True) + "\n" if lines else ""


def _over_seeds(found: Sequence[dict[str, Any]]) -> str:
    """Agents that differ in nothing but their seed: the median of them, the least and the most."""
    families: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for each in found:
        if "length_ratio" in each and each["length_ratio"] is not None:
            family = each["agent"].partition("/")[0] + "†" * bool(each.get("auxiliary"))
            families.setdefault((family, _where(each)), {})[each["agent"]] = each
    header = ["median over seeds (least to most)", "seeds", "simulator, split, trials x episodes"]
    header += ["episode 1", "episode 2", "episode 2 / 1", "success, both"]
    lines = []
    for (family, where), agents in families.items():
        if len(agents) >= FEWEST_SEEDS:
            each = agents.values()
            spans = [median_and_range([e["length"][k] for e in each]) for k in range(2)]
            spans.append(median_and_range([e["length_ratio"] for e in each], digits=3))
            least = percent(min(min(e["success"][:2]) for e in each))
            lines.append([family, str(len(each)), where, *spans, f"{least} % and more"])
    return lay_out(header, lines, markdown=True) + "\n" if lines else ""


def _controls(mazes: Sequence[dict[str, Any]]) -> str:
    """Section of the battery: controls and scripted baselines of the agents that it was run on."""
    measured = [each for each in mazes if each.get("reset_length_ratio") is not None]
    if not measured:
        return ""
    parts = [
        "### Where the gain comes from\n",
        "The same mazes, with something taken away from the agent, and scripted baselines. "
        "`rl2 battery` says what each is.\n",
    ]
    for battery in measured:
        share = ratio(battery["shortening_lost_by_reset"])
        parts.append(
            f"{_name(battery)}, {battery['row']}: the memory's reset takes {share} of the "
            "shortening.\n"
        )
        parts.append(_conditions(battery, mazes))
    return "\n".join(parts)


def _conditions(battery: dict[str, Any], mazes: Sequence[dict[str, Any]]) -> str:
    """All conditions of two episodes on the battery's own mazes."""
    same = ("agent", "row", "split", "horizon", "trials", "seed", "episodes", "engine")
    found = [e for e in mazes if all(e.get(key) == battery.get(key) for key in same)]
    header = ["condition", "episode 1", "episode 2", "episode 2 / 1"]
    header += ["share of the possible gain, %"]
    lines = [
        [
            each["condition"],
            *(_episode(each, k) for k in range(2)),
            ratio(each["length_ratio"], each["length_ratio_ci"]),
            percent(each["gap_closed"], each["gap_closed_ci"]),
        ]
        for each in found
        if each is battery or each["condition"] != AS_TRAINED
    ]
    return lay_out(header, lines, markdown=True) + "\n"
