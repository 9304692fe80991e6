"""Planning: value iteration over the transitions observed so far, with learnt rewards.

    P(s' | s, a) = (N(s, a, s') + 1) / (N(s, a) + S)       posterior mean under a flat Dirichlet
    Q_1(s, a)    = r(s, a)                                 r is read from the pair's features
    Q_h(s, a)    = r(s, a) + sum_s' P(s' | s, a) max_a' Q_{h-1}(s', a')

as in value iteration networks (Tamar et al. 2016), over the steps left in the episode. What r holds
besides the expected reward, such as a bonus for what is rarely tried, is learnt.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from ....core.shapes import Float, Int64
from ....core.types import TimeStep
from ...memory.layers.visits import Visits
from .rows import is_compiled


class Planner(nn.Module):
    """Value iteration in several channels, each with rewards of its own.

    Args:
        num_features: Features of a pair.
        channels: Rewards of each pair, and values that are computed from them.
        rounds: Most steps that it looks ahead.
    """

    def __init__(self, num_features: int, channels: int, rounds: int):
        super().__init__()
        self.rounds = rounds
        self.reward = nn.Linear(num_features, channels)

    def forward(
        self,
        pairs: Float[Tensor, "rows features"],
        latest: Int64[Tensor, "batch pairs"],
        counts: Float[Tensor, "batch pairs states"],
        state: Int64[Tensor, " batch"],
        steps_left: Int64[Tensor, " batch"],
    ) -> Float[Tensor, "batch actions channels"]:
        """Advantages of the present state's actions: Q less its maximum.

        Args:
            pairs: Table of features of pairs.
            latest: Row of each pair.
            counts: Observed transitions.
            state: The present one.
            steps_left: In the episode, at least 1.
        """
        steps = steps_left.clamp(max=self.rounds)
        return plan_steps(self.reward(pairs), latest, counts, state, steps, self.rounds)


def plan_steps(
    table: Float[Tensor, "rows channels"],
    latest: Int64[Tensor, "batch pairs"],
    counts: Float[Tensor, "batch pairs states"],
    state: Int64[Tensor, " batch"],
    steps: Int64[Tensor, " batch"],
    most: int,
) -> Float[Tensor, "batch actions channels"]:
    """Look ahead by the observed transitions.

    In torch operations this is the reference, and what a GPU runs; on a CPU compiled
    (`planner_numba`).

    Args:
        table: Rewards of pairs.
        latest: Row of each pair.
        counts: Observed transitions.
        state: The present one.
        steps: To look ahead, at least 1.
        most: Of the steps.

    Returns:
        Q of the present state's actions, less its maximum.
    """
    if is_compiled(table):
        from .planner_numba import PlanSteps

        return PlanSteps.apply(table, latest, counts, state, steps)
    batch, num_pairs, num_states = counts.shape
    reward = embedding(latest, table)
    chances = (counts + 1) / (counts.sum(-1, keepdim=True) + num_states)
    by_state = (num_states, num_pairs // num_states)
    now = state.view(-1, 1, 1, 1).expand(-1, 1, by_state[1], reward.shape[-1])
    q = reward
    present = [q.unflatten(1, by_state).gather(1, now).squeeze(1)]
    # A CUDA graph cannot ask how many rounds are needed.
    rounds = int(steps.max()) if steps.device.type == "cpu" else most
    for _ in range(rounds - 1):
        q = torch.baddbmm(reward, chances, q.unflatten(1, by_state).amax(2))
        present.append(q.unflatten(1, by_state).gather(1, now).squeeze(1))
    chosen = torch.stack(present)[steps - 1, torch.arange(batch, device=state.device)]
    return chosen - chosen.amax(1, keepdim=True)


def observed_transitions(
    timesteps: TimeStep,
    pair: Int64[Tensor, "time batch"],
    visits: Visits,
    carried: Float[Tensor, "batch pairs states"],
) -> Float[Tensor, "time batch pairs states"]:
    """Transitions observed in the trial up to each step of a rollout.

    In torch operations this is the reference, and what a GPU runs; on a CPU compiled.

    Args:
        timesteps: Of the rollout. After an episode's end the state is a new one: no transition.
        pair: Pair of state and action whose outcome is seen at each step.
        visits: Of the rollout.
        carried: Those before the rollout; without states if nothing plans.
    """
    _, num_pairs, num_states = carried.shape
    shape = (*pair.shape, num_pairs * num_states)
    if not num_states:
        return carried.new_empty(*pair.shape, num_pairs, 0)
    seen = ~timesteps.is_first & ~timesteps.prev_done
    if is_compiled(carried):
        from .planner_numba import count_transitions

        return count_transitions(timesteps.is_first, seen, pair, timesteps.obs, carried)
    index = torch.where(seen, pair * num_states + timesteps.obs, 0)[..., None]
    counts = (
        carried.new_zeros(shape).scatter_(-1, index, seen.to(carried.dtype)[..., None]).cumsum(0)
    )
    at_start = visits.trial_start[..., None].expand(shape)
    before = torch.where(
        visits.begins_here[..., None], counts.gather(0, at_start), -carried.flatten(1)
    )
    return (counts - before).unflatten(-1, (num_pairs, num_states))
