"""Table 3 of the page of results: mazes, ours beside those of Duan et al. and SNAIL, and controls.

The walking mazes are those of the paper. Results in grid movement are ours alone.
"""

from collections.abc import Sequence

from .....agents.zoo.records import AS_TRAINED, GREEDY
from .....core.formatting import Cell, count, decimal, lay_out, median_and_range, percent, ratio
from .....core.metrics import METRICS
from .....mazes.published import LARGE, SMALL, PublishedResult
from ...metric_cells import cell, comparison_metrics, heading, plus_minus, published, stored
from .curves import SECTION as CURVES
from .marks import (
    AUXILIARY_LOSS,
    DEAD_RECKONING,
    OTHER_SETTINGS,
    OWN_MAP,
    RESUMED,
    ROUNDED,
    Record,
    footnotes,
    symbols,
)
from .tracks import NOT_PUBLISHED

ROWS = {"walk_small": SMALL, "walk_large": LARGE, "grid_small": (), "grid_large": ()}
TITLES = {
    "walk_small": "Small mazes, walking (3x3 rooms, horizon 250)",
    "walk_large": "Large mazes, walking (5x5 rooms, horizon 1,000)",
    "grid_small": "Small mazes, grid movement (the demo's; not in the paper)",
    "grid_large": "Large mazes, grid movement (not in the paper)",
}
AGENTS = {  # by the name before the seed: the training
    "walk_small": "our network, with an auxiliary loss and a critic of privileged features",
    "walk_small_gpu": "the same on a GPU, for five times the steps",
    "walk_small_finetuned": "walk_small_gpu finetuned in trials of three episodes, on all mazes of "
    "the training split instead of 5,000",
    "walk_small_duan2016": "the authors' network, without auxiliary loss or privileged critic; "
    "the learner is our PPO",
    "walk_small_without_aux": "our network without the auxiliary loss",
    "walk_large_finetuned": "walk_small_gpu finetuned in large mazes",
    "walk_large_long": "walk_large_finetuned, finetuned for as many steps again in trials of three "
    "episodes",
    "demo": "the demo, with labels by dead reckoning",
    "grid_small": "the demo's mazes, with the auxiliary loss",
    "walk_small_no_labels": "our network, with labels by dead reckoning and a critic that is given "
    "nothing, for three times the steps of walk_small",
    "walk_small_paths": "walk_small_no_labels with further labels by dead reckoning, of the "
    "shortest known path to the target, and finer convolutions",
    "walk_large_no_labels": "walk_small_no_labels finetuned in large mazes, with a bonus for cells "
    "that are new in the episode",
    "walk_large_map": "walk_small_paths finetuned in large mazes with a map of its own, and with "
    "the same bonus",
    "demo_without_aux": "the demo without an auxiliary loss",
    "grid_large": "grid_small finetuned in large mazes",
}
INTRODUCTION = """\
A cell is the mean number of steps of successful episodes ± half the width of its 95 % interval
(1.96 standard errors), with the share of successful episodes in brackets. ± of published results is
as printed: the papers do not define it, and that of Duan et al. has the size of one standard error.
The papers evaluate on mazes of their own. Actions are sampled unless a row says greedy.

A maze is a layout, a start and a target. Splits have no maze in common, unless a row says how many
of its mazes are training mazes. They do have layouts in common: 3x3 rooms have only 192 layouts,
which make 13,824 mazes, and all 192 occur in training. With 5,000 training mazes, 94.5 % of the
small test mazes share layout and start with a training maze; with 11,000, all of them do. Small
mazes thus test new combinations of layout, start and target, not new layouts. Large mazes test new
layouts: no layout of the 1,000 test mazes is among those of 40,000 training mazes.
"""
EPISODES = 5
FEWEST_SEEDS = 3  # of which a median is given
MARKS = (AUXILIARY_LOSS, DEAD_RECKONING, OWN_MAP, OTHER_SETTINGS, RESUMED, ROUNDED)


def mazes_section(records: Sequence[Record]) -> str:
    """Section of the mazes.

    Args:
        records: Measurements of agents, see `agents.zoo.records`.
    """
    mazes = [each for each in records if each["suite"] == "mazes"]
    parts = ["## Table 3: mazes\n", INTRODUCTION, *footnotes(mazes, MARKS), _agents(mazes)]
    parts.append(_definitions(mazes))
    for row, others in ROWS.items():
        found = [e for e in mazes if e["row"] == row and e["condition"] in (AS_TRAINED, GREEDY)]
        parts += [f"### {TITLES[row]}\n", _lengths(found, others), "", _comparisons(found, others)]
        parts.append(_over_seeds(found))
    if any("length" in each for each in mazes):
        parts.append(CURVES)
    parts.append(_controls(mazes))
    return "\n".join(parts)


def _agents(mazes: Sequence[Record]) -> str:
    """The trainings behind the names of the measured agents."""
    names = {each["agent"].partition("/")[0] for each in mazes}
    return "".join(f"- {name}: {AGENTS[name]}\n" for name in AGENTS if name in names)


def _definitions(mazes: Sequence[Record]) -> str:
    """The metrics that compare episodes."""
    held = {name for each in mazes for name in each}
    metrics = comparison_metrics(dict.fromkeys(held))
    return "".join(f"- {metric.title}: {metric.meaning}\n" for metric in metrics)


def _lengths(found: Sequence[Record], others: Sequence[PublishedResult]) -> str:
    """Steps and success by episode."""
    header = ["", "million steps", "simulator, split, trials x episodes"]
    header += [f"episode {k + 1}" for k in range(EPISODES)]
    lines = [_ours(each) for each in found] or [["RL² (ours)", NOT_PUBLISHED, *[""] * 6]]
    lines += [
        [f"{each.agent} ({each.source})", "", "", *(published(each, k) for k in range(EPISODES))]
        for each in others
    ]
    return lay_out(header, lines, markdown=True)


def _ours(each: Record) -> list[str | Cell]:
    episodes = [_episode(each, k) if k < each["episodes"] else "" for k in range(EPISODES)]
    return [_name(each), f"{each['train_steps'] / 1e6:.3g}", _evaluation(each), *episodes]


def _name(each: Record) -> str:
    return each["agent"] + symbols([each], MARKS)


def _evaluation(each: Record) -> str:
    """Simulator, split, trials and episodes, and what is unusual."""
    greedy = "" if each["sampled"] else ", greedy actions"
    known = each.get("trained_on_share")
    known = f", {decimal(100 * known, 0)} % of them training mazes" if known else ""
    trials = f"{count(each['trials'])} x {each['episodes']}"
    return f"{each['engine']}, {each['split']}, {trials}{known}{greedy}"


def _episode(each: Record, k: int) -> Cell:
    """Steps and success of episode k, from 0."""
    length = plus_minus(METRICS.get("length"), *stored(each, "length", k))
    return Cell(length.text, length.interval, f"({percent(each['success'][k])} %)")


def _comparisons(found: Sequence[Record], others: Sequence[PublishedResult]) -> str:
    """Episode 2 compared with episode 1."""
    compared = [each for each in found if "length_ratio" in each]
    held = {name: None for each in compared for name in each}
    metrics = comparison_metrics(held or dict.fromkeys(("length_ratio", "not_longer")))
    header = ["", "simulator, split, trials x episodes", *map(heading, metrics)]
    lines: list[list[str | Cell]] = [
        [_name(each), _evaluation(each), *(cell(m, *stored(each, m.name)) for m in metrics)]
        for each in compared
    ]
    for each in others:
        if len(each.length) > 1:
            cited = {"length_ratio": f"{ratio(each.length[1] / each.length[0])} (of the means)"}
            if each.not_longer is not None:
                cited["not_longer"] = str(percent(each.not_longer))
            lines.append([each.agent, "", *(cited.get(m.name, "") for m in metrics)])
    return lay_out(header, lines, markdown=True) + "\n" if lines else ""


def _over_seeds(found: Sequence[Record]) -> str:
    """Agents that differ in their seed alone: median, least and greatest."""
    families: dict[tuple[str, str], dict[str, Record]] = {}
    for each in found:
        if each.get("length_ratio") is not None:
            family = each["agent"].partition("/")[0]
            agents = families.setdefault((family, _evaluation(each)), {})
            agents.setdefault(each["agent"], each)  # the weights as they were trained come first
    header = ["median over seeds (least to greatest)", "seeds"]
    header += ["simulator, split, trials x episodes", "episode 1", "episode 2"]
    header += [heading(METRICS.get("length_ratio")), "success, both"]
    lines = []
    for (family, evaluation), agents in families.items():
        if len(agents) >= FEWEST_SEEDS:
            each = list(agents.values())
            spans = [median_and_range([e["length"][k] for e in each]) for k in range(2)]
            spans.append(median_and_range([e["length_ratio"] for e in each], digits=3))
            least = percent(min(min(e["success"][:2]) for e in each))
            name = family + symbols(each, MARKS)
            lines.append([name, str(len(each)), evaluation, *spans, f"{least} % and more"])
    return lay_out(header, lines, markdown=True) + "\n" if lines else ""


def _controls(mazes: Sequence[Record]) -> str:
    """Controls and scripted baselines of the agents that went through the battery."""
    measured = [each for each in mazes if each.get("reset_length_ratio") is not None]
    if not measured:
        return ""
    parts = [
        "### Controls\n",
        "The same mazes, with something taken away from the agent, and scripted baselines. "
        "`rl2 battery` defines each condition. Ties count as not longer: conditions without "
        "memory also score high. Of the share that the memory reset takes away, 1 leaves no "
        "shortening; above 1 episode 2 is the longer one.\n",
    ]
    for battery in measured:
        share = ratio(battery["shortening_lost_by_reset"])
        parts.append(
            f"{_name(battery)}, {battery['row']}: share of the shortening that memory reset "
            f"takes away: {share}.\n"
        )
        parts.append(_conditions(battery, mazes))
    return "\n".join(parts)


def _conditions(battery: Record, mazes: Sequence[Record]) -> str:
    """All conditions of two episodes on the battery's own mazes."""
    same = ("agent", "row", "split", "horizon", "trials", "seed", "episodes", "engine")
    found = [e for e in mazes if all(e.get(key) == battery.get(key) for key in same)]
    metrics = comparison_metrics({name: None for each in found for name in each})
    header = ["condition", "episode 1", "episode 2", *map(heading, metrics)]
    lines = [
        [
            each["condition"],
            *(_episode(each, k) for k in range(2)),
            *(cell(metric, *stored(each, metric.name)) for metric in metrics),
        ]
        for each in found
        if each is battery or each["condition"] != AS_TRAINED
    ]
    return lay_out(header, lines, markdown=True) + "\n"
