"""Tracks of trainings in mazes: with privileged labels or without, by the settings of the agent.

`no_labels`: nothing that a simulator knows and the agent is not fed goes into any loss. The critic
is given nothing, and auxiliary labels come from the agent's own actions and rewards.
"""

from collections.abc import Mapping
from typing import Any

LABELS, NO_LABELS = "labels", "no_labels"
MAZE_TRACKS = (LABELS, NO_LABELS)


def track_of(agent: Mapping[str, Any]) -> str:
    """The track of a training.

    Args:
        agent: Settings of the agent, as in its card.
    """
    privileged = agent.get("privileged_critic") or agent.get("aux") == "privileged"
    return LABELS if privileged else NO_LABELS
