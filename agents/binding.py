"""Tables for states: what is fed back is bound to the pair of state and action that it belongs to.

A time step brings the reward of the *previous* state and action. A network that is fed action and
reward alone has to remember the state and put the three together before it can learn anything of a
task; the paper's took some hundred million steps. Here each pair has an input of its own, and
another for its reward. The information is the same: the carry holds the previous state.

At first, each of these inputs also has a unit of the memory to itself. Its update gate opens
halfway for its pair and else stays all but shut, so that it averages what its pair brought
(squashed, and the latest counting half). All of it is learnt from there on.
"""

import torch
from torch import Tensor, nn

from agents.networks import one_hot
from trials.shapes import Float, Int64
from trials.types import Spaces, TimeStep


def num_bound(spaces: Spaces) -> int:
    """Inputs that `bind` makes."""
    return 2 * num_pairs(spaces) + 1


def num_pairs(spaces: Spaces) -> int:
    """Pairs of state and action."""
    if spaces.num_states is None:
        raise ValueError("agent.bind and agent.state_heads are for suites without images")
    return spaces.num_states * spaces.num_actions


def bind(
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
    pair = pair * ~timestep.first[:, None]
    done = timestep.prev_done.float()
    return torch.cat((pair, pair * timestep.prev_reward[:, None], done[:, None]), -1)


@torch.no_grad()
def give_units(cell: nn.GRUCell, first: int, pairs: int, keep_bias: float) -> None:
    """Gives each pair, and each pair's reward, a unit to itself.

    Args:
        cell: A new one; what else its units do is left as it is.
        first: The first of the inputs that `bind` made, among the cell's inputs.
        pairs: How many pairs there are.
        keep_bias: What the update gates are biased by; a unit's own pair takes that away.
    """
    if cell.hidden_size < 2 * pairs:
        raise ValueError(
            f"agent.hidden_size is {cell.hidden_size}; with agent.bind it must be at least "
            f"{2 * pairs}, two for each pair of state and action"
        )
    own = torch.arange(pairs)
    _, update, candidate = cell.weight_ih.chunk(3)
    for units in (own, own + pairs):  # that a pair was the last, and what it earned
        for gate in (update, candidate, *cell.weight_hh.chunk(3)):
            gate[units] = 0
        candidate[units, first + units] = 1
        update[units, first + own] = -keep_bias
