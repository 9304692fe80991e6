"""Tables for states: what is fed back is bound to the pair of state and action that it belongs to.

A time step brings the reward of the *previous* state and action. A network that is fed action and
reward alone has to remember the state and put the three together before it can learn anything of a
task; the paper's took some hundred million steps. Here each pair has an input of its own, and
another for its reward. The information is the same: the carry holds the previous state.

At first, each pair also has units of the memory to itself: one says how often it was tried, and
others average what it earned (squashed), each over a span of its own. Their update gates open for
their pair and else stay shut. All of it is learnt from there on.
"""

import math

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.shapes import Float, Int64
from ...core.types import Spaces, TimeStep
from .encoders import one_hot

# In its unit, what a pair brought last counts 1 / span. A head that adds up these three can be sure
# of a mean and still go back to what was hardly tried; more spans gained little, true means nothing
# (docs/ablations.md).
COUNT_SPAN = 2
REWARD_SPANS = (2, 12)
REWARD_WEIGHT = 0.3  # before it is squashed: rewards of up to 3 stay apart
OWN_KEEP_BIAS = 10.0  # sigmoid(10) keeps 96 % over a thousand steps; sigmoid(6) would keep 8 %


def num_pair_features(spaces: Spaces) -> int:
    """Inputs that `bind` makes."""
    return 2 * num_pairs(spaces) + 1


def num_pairs(spaces: Spaces) -> int:
    """Pairs of state and action."""
    if spaces.num_states is None:
        raise UserError("agent.pair_inputs and agent.per_state_heads are for suites without images")
    return spaces.num_states * spaces.num_actions


def encode_pairs(
    previous: Int64[Tensor, " batch"], timestep: TimeStep, spaces: Spaces
) -> Float[Tensor, "batch bound"]:
    """What is fed back, marked by the pair that it belongs to.

    Args:
        previous: The state in which `timestep.prev_action` was taken.
        timestep: Fields [B, ...].
        spaces: Of the suite.

    Returns:
        Per pair whether it was the last one (at a trial's first step none was), per pair the
        reward that it brought, and whether that ended an episode.
    """
    pair = one_hot(previous * spaces.num_actions + timestep.prev_action, num_pairs(spaces))
    pair = pair * ~timestep.is_first[:, None]
    done = timestep.prev_done.float()
    return torch.cat((pair, pair * timestep.prev_reward[:, None], done[:, None]), -1)


@torch.no_grad()
def init_pair_units(cell: nn.GRUCell, first: int, pairs: int) -> None:
    """Gives each pair of state and action units to itself.

    Args:
        cell: A new one with room for two units a pair or more; each pair gets as many of the three
            as there is room for. What the rest do is left as it is.
        first: The first of the inputs that `bind` made, among the cell's inputs.
        pairs: How many pairs there are.
    """
    room = cell.hidden_size // pairs
    if room < 2:
        raise UserError(
            f"agent.hidden_size is {cell.hidden_size}; with agent.pair_inputs it must be at least "
            f"{2 * pairs}, two for each pair of state and action"
        )
    pair = torch.arange(pairs)
    tried, earned = first + pair, first + pairs + pair  # inputs
    kinds = [(tried, 1.0, COUNT_SPAN)]
    kinds += [(earned, REWARD_WEIGHT, span) for span in REWARD_SPANS]
    _, update, candidate = cell.weight_ih.chunk(3)
    for number, (source, weight, span) in enumerate(kinds[:room]):
        units = number * pairs + pair
        for gate in (update, candidate, *cell.weight_hh.chunk(3)):
            gate[units] = 0
        candidate[units, source] = weight
        cell.bias_ih.chunk(3)[1][units] = OWN_KEEP_BIAS
        update[units, tried] = math.log(span - 1) - OWN_KEEP_BIAS
