"""Tracks of trainings in mazes, by their settings: with privileged labels or without; by size.

`no_labels`: nothing that a simulator knows and the agent is not fed goes into any loss. The critic
is given nothing, and auxiliary labels come from the agent's own actions and rewards.

`small_trained`: all mazes of the training, and of those that it was warm-started from, have 3x3
rooms. `mixed_trained`: some are larger. Either may take labels.
"""

from collections.abc import Mapping
from typing import Any

LABELS, NO_LABELS = "labels", "no_labels"
MAZE_TRACKS = (LABELS, NO_LABELS)
SMALL_TRAINED, MIXED_TRAINED = "small_trained", "mixed_trained"
SIZE_TRACKS = (SMALL_TRAINED, MIXED_TRAINED)
SMALL_ROOMS = 3
PREFIX = "pretrained/"  # of published agents, as in `init_from`


def track_of(agent: Mapping[str, Any]) -> str:
    """The track of a training.

    Args:
        agent: Settings of the agent, as in its card.
    """
    privileged = agent.get("privileged_critic") or agent.get("aux") == "privileged"
    return LABELS if privileged else NO_LABELS


def size_track_of(name: str, configs: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The track of a published training by the size of its mazes; None if its start is unknown.

    Args:
        name: Of the agent, such as walk_small/seed_0.
        configs: Settings of published trainings in mazes, by agent.
    """
    largest = 0
    for _ in range(1 + len(configs)):  # a warm start from itself ends here
        config = configs.get(name)
        if config is None:
            return None
        largest = max(largest, config["suite"]["tasks"]["rooms"])
        before = config.get("init_from")
        if before is None:
            return SMALL_TRAINED if largest <= SMALL_ROOMS else MIXED_TRAINED
        name = _published(before, configs)
    return None


def _published(init_from: str, configs: Mapping[str, Any]) -> str:
    """Name of an agent, such as walk_small/seed_0 of pretrained/walk_small; empty if it is none."""
    name = init_from.removeprefix(PREFIX)
    if name == init_from:
        return ""
    seeds = [each for each in configs if each == name or each.startswith(f"{name}/")]
    return min(seeds, default="")
