"""What each preset costs: measured where one was run to its end, estimated elsewhere."""

import re
from collections.abc import Sequence
from typing import Any

from ....agents.zoo.cards import Card
from ..formatting import lay_out

NOT_MEASURED = "not measured"
NOTE = """
An estimate is the preset's steps over the steps a second of CPU time that a few iterations took
(`rl2 bench costs`: one thread, rollouts of some 20,000 steps, on a machine that did other work
too). On two cores two seeds side by side take that long. Measured is the wall time of
trainings that ran whole, each on the machine named, which they may have shared with others. Where
a preset begins from the agent of another, its steps and the estimate are of its own part, and what
was measured includes all that it began from.
"""


def costs_section(costs: dict[str, dict[str, Any]], cards: Sequence[Card]) -> str:
    """The section, a row a preset.

    Args:
        costs: What benchmarks.costs wrote.
        cards: Of published agents; their presets were run.
    """
    names = sorted(costs.keys() | {card.preset for card in cards if card.preset}, key=_order)
    header = ["preset", "million steps", "hours, one core (estimate)", "run whole", "one GPU"]
    lines = []
    for name in names:
        whole = [card for card in cards if card.preset == name]
        on_cpu = [card for card in whole if card.hardware and _is_cpu(card.hardware)]
        on_gpu = [card for card in whole if card.hardware and not _is_cpu(card.hardware)]
        cost = costs.get(name)
        total = cost["total_steps"] if cost else whole[0].steps
        speed = (cost or {}).get("steps_per_cpu_second")
        lines.append(
            [
                name,
                f"{total / 1e6:.3g}",
                NOT_MEASURED if speed is None else f"{total / speed / 3600:.2g}",
                _measured(on_cpu),
                _measured(on_gpu),
            ]
        )
    return f"## What each preset costs\n\n{lay_out(header, lines, markdown=True)}\n{NOTE}"


def _measured(cards: Sequence[Card]) -> str:
    """Minutes of the trainings, and where; of several the range."""
    if not cards:
        return NOT_MEASURED
    minutes = sorted(card.seconds / 60 for card in cards)
    told = " to ".join(dict.fromkeys(f"{each:.3g}" for each in (minutes[0], minutes[-1])))
    machines = "; ".join(dict.fromkeys(card.hardware or "" for card in cards))
    return f"{told} min ({machines})"


def _is_cpu(hardware: str) -> bool:
    return re.search(r", \d+ cores?\b", hardware) is not None


def _order(name: str) -> list[Any]:
    """By kind of task, then by size."""
    kind = name.partition("_")[0]
    sizes = [int("".join(filter(str.isdigit, part)) or 0) for part in name.split("_")[1:]]
    return [kind, sizes[::-1], name]
