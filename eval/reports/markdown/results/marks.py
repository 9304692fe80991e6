"""Footnote marks of the page of results: trainings that differ from those of other rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .....agents.networks.actor_critic import RECKONED

Record = dict[str, Any]  # see `agents.zoo.records` and `eval.results.read`


@dataclass(frozen=True)
class Mark:
    """A footnote.

    Attributes:
        symbol: Symbol behind the names of rows.
        note: Text of the footnote.
        applies: Whether a record has the mark.
    """

    symbol: str
    note: str
    applies: Callable[[Record], bool]


OPTIMAL_ADVANTAGE = Mark(
    "†",
    "Trained with privileged information: the reward is replaced by the advantage of the optimal "
    "policy, or the critic is given the task as privileged features, or both, as the tracks below "
    "say. The papers' agents were trained on the reward alone. The evaluated policy sees neither.",
    lambda record: bool(record.get("privileged_critic") or record.get("optimal_advantage")),
)
AUXILIARY_LOSS = Mark(
    "†",
    "Trained with privileged labels. An auxiliary loss: the memory predicts the agent's pose, the "
    "target's position and the shortest path, which the critic is given as privileged features. "
    "The policy never sees them, neither does the evaluated agent. Agents of other rows, and the "
    "papers', are trained without privileged labels.",
    lambda record: bool(record.get("labels")),
)
DEAD_RECKONING = Mark(
    "¶",
    "Trained with labels by dead reckoning. An auxiliary loss: the memory predicts the agent's "
    "pose and the position of a target that it found, or more, from its own actions and rewards.",
    lambda record: record.get("aux") in RECKONED,
)
OWN_MAP = Mark(
    "△",
    "Acts with a map of its own, by dead reckoning from its own actions and rewards: it is shown "
    "where it has been and where it found the target, which agents of other rows have to remember.",
    lambda record: bool(record.get("map")),
)
OTHER_SETTINGS = Mark(
    "‡",
    "Trained with settings that no preset has today; the agent's card lists them.",
    lambda record: not record.get("preset", True),
)
RESUMED = Mark(
    "§",
    "Training was interrupted and resumed with newer code, unlike that of other seeds; the agent's "
    "card names the commits.",
    lambda record: bool(record.get("resumed")),
)
ROUNDED = Mark(
    "◇",
    "Measured with the published weights, which are rounded to float16; the agent's other rows are "
    "of the weights as they were trained.",
    lambda record: bool(record.get("rounded")),
)


def symbols(records: Sequence[Record], marks: Sequence[Mark]) -> str:
    """Symbols of the marks that any of the records has."""
    return "".join(mark.symbol for mark in marks if any(map(mark.applies, records)))


def footnotes(records: Sequence[Record], marks: Sequence[Mark]) -> list[str]:
    """A paragraph for each mark that any of the records has."""
    used = [mark for mark in marks if any(map(mark.applies, records))]
    return [f"{mark.symbol} {mark.note}\n" for mark in used]
