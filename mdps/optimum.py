"""Expected optimal value of an episode of a random MDP, measured once and stored.

optimum.json holds, by size such as s10_a5_t10, the mean over many random MDPs whose mean rewards
are drawn from N(0, 1), with its standard error. `rl2 bench optimum` writes it. Values with other
means and deviations of the rewards follow: the optimal policy stays the same.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("optimum.json")


def size_name(num_states: int, num_actions: int, horizon: int) -> str:
    """Name of a size in the file, such as s10_a5_t10."""
    return f"s{num_states}_a{num_actions}_t{horizon}"


def unit_optimum(num_states: int, num_actions: int, horizon: int) -> tuple[float, float] | None:
    """Optimal value of an episode with rewards of mean 0 and deviation 1.

    Returns:
        Mean over tasks and its standard error; None if it was not measured for these sizes.
    """
    found = _sizes().get(size_name(num_states, num_actions, horizon))
    return None if found is None else (found["mean"], found["se"])


@cache
def _sizes() -> dict[str, dict[str, Any]]:
    return json.loads(FILE.read_text(encoding="utf-8"))
