"""Cost of each preset: measured where a training ran to its end, estimated elsewhere."""

import re
from collections.abc import Sequence
from typing import Any

from .....agents.zoo.cards import Card
from .....core.formatting import lay_out

NOT_MEASURED = "not measured"
NOTE = """
An estimate divides the preset's steps by the steps per second of CPU time of a few iterations (`rl2
bench costs`: one thread, rollouts of some 20,000 steps, on a machine with other load). On two
cores, two seeds side by side take that long. Measured is the wall time of whole trainings by the
code of the card's commit, on the machine named, which they may have shared with others: thirteen
ran on one GPU at the same time. Where a preset warm starts from another's agent, its steps and the
estimate cover its own part; the measurement includes that of the other.
"""


def costs_section(costs: dict[str, dict[str, Any]], cards: Sequence[Card]) -> str:
    """Section with a row per preset.

    Args:
        costs: Output of benchmarks.costs.
        cards: Cards of published agents, whose presets were run to their end.
    """
    names = sorted(costs.keys() | {card.preset for card in cards if card.preset}, key=_order)
    header = [
        "preset",
        "million steps",
        "hours, one core (estimate)",
        "measured on CPU",
        "measured on one GPU",
    ]
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
    return f"## Cost of each preset\n\n{lay_out(header, lines, markdown=True)}\n{NOTE}"


def _measured(cards: Sequence[Card]) -> str:
    """Minutes of the trainings, as a range, and their machines."""
    if not cards:
        return NOT_MEASURED
    minutes = sorted(card.seconds / 60 for card in cards)
    span = " to ".join(dict.fromkeys(f"{each:.3g}" for each in (minutes[0], minutes[-1])))
    machines = "; ".join(dict.fromkeys(card.hardware or "" for card in cards))
    return f"{span} min ({machines})"


def _is_cpu(hardware: str) -> bool:
    return re.search(r", \d+ cores?\b", hardware) is not None


def _order(name: str) -> list[Any]:
    """Sort key: the kind of task, then the size."""
    kind = name.partition("_")[0]
    sizes = [int("".join(filter(str.isdigit, part)) or 0) for part in name.split("_")[1:]]
    return [kind, sizes[::-1], name]
