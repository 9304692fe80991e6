"""Feedback of tabular tasks, marked by the pair of state and action that it belongs to.

A time step brings the reward of the *previous* state and action. A network that gets action and
reward alone has to remember the state and put the three together before it can learn anything
about a task; the paper's took some hundred million steps. Here each pair has an input of its own,
and another for its reward. The information is the same: the carry holds the previous state.

Each pair also starts with memory units of its own: one counts how often the pair was tried, the
others average its reward (squashed) over different spans. Training may change all of it.
"""

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.shapes import Float, Int64
from ...core.types import Spaces, TimeStep
from ..memory.base import Memory
from .layers import one_hot

# A unit weighs its pair's latest outcome by 1 / span. A head that adds up these three can be sure
# of a mean and still return to a pair that was hardly tried; more spans gained little, and true
# means nothing (docs/ablations.md).
COUNT_SPAN = 2
REWARD_SPANS = (2, 12)
REWARD_WEIGHT = 0.3  # before squashing: keeps rewards of up to 3 apart


def num_pairs(spaces: Spaces) -> int:
    """Pairs of state and action.

    Raises:
        UserError: The suite has no states.
    """
    if spaces.num_states is None:
        raise UserError("agent.pair_inputs and agent.per_state_heads are for suites without images")
    return spaces.num_states * spaces.num_actions


def num_pair_features(spaces: Spaces) -> int:
    """Size of the output of `encode_pairs`."""
    return 2 * num_pairs(spaces) + 1


def encode_pairs(
    previous: Int64[Tensor, " batch"], timestep: TimeStep, spaces: Spaces
) -> Float[Tensor, "batch pair_features"]:
    """Feedback features by pair.

    Args:
        previous: The state in which `timestep.prev_action` was taken.
        timestep: Fields [B, ...].
        spaces: Of the suite.

    Returns:
        Per pair whether it was the previous one (none at a trial's first step), per pair the
        reward it brought, and whether it ended an episode.
    """
    pair = one_hot(previous * spaces.num_actions + timestep.prev_action, num_pairs(spaces))
    pair = pair * ~timestep.is_first[:, None]
    done = timestep.prev_done.float()
    return torch.cat((pair, pair * timestep.prev_reward[:, None], done[:, None]), -1)


def init_pair_units(memory: Memory, offset: int, pairs: int) -> None:
    """Give each pair memory units of its own: one count and two averages of its reward.

    Args:
        memory: A new one with at least two units per pair; with fewer than three, each pair goes
            without the longer average. The remaining units stay as they are.
        offset: Index of the first feature of `encode_pairs` among the memory's inputs.
        pairs: Number of pairs.

    Raises:
        UserError: The memory has too few units, or no such initialisation.
    """
    units_per_pair = memory.output_size // pairs
    if units_per_pair < 2:
        raise UserError(
            f"agent.memory has {memory.output_size} outputs; agent.pair_inputs needs at least "
            f"{2 * pairs}, two for each pair of state and action: a larger agent.memory.hidden_size"
        )
    pair = torch.arange(pairs)
    tried, reward = offset + pair, offset + pairs + pair  # indices of inputs
    averages = [(tried, 1.0, COUNT_SPAN)]
    averages += [(reward, REWARD_WEIGHT, span) for span in REWARD_SPANS]
    for number, (source, weight, span) in enumerate(averages[:units_per_pair]):
        memory.init_averages(number * pairs + pair, tried, source, weight, span)
