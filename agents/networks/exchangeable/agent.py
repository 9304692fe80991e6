"""The exchangeable agent: an RL² agent to which arms, states and actions have no names.

Permuting the arms of a random bandit, or the states and actions of a random MDP, permutes its
solution. Here every pair of state and action has a small recurrent memory, all with the same
weights, that changes when the pair is visited; a policy head reads the memories of the present
state's actions and what is pooled over all of them (deep sets, Zaheer et al. 2017; for learners
with such symmetry, Kirsch et al. 2022). The number of states and actions is no property of the
weights: an agent acts in suites of any size, see `for_spaces`.

    reward --> memory of the visited pair --> embedding --+--> score of each action --> policy
                                                          |
               mean and maximum over the state's actions, +
               mean over all pairs, steps left -----------'

It is told the length of episodes and trials, and the number of the step.
"""

from copy import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ....core.errors import UserError
from ....core.shapes import Float, Int64
from ....core.types import Spaces, TimeStep
from ...memory.gru import GRUMemory
from ...memory.visits import Visits, find_visits
from ..actor_critic import ActExtras, ActorCritic, Outputs, rescale_value, sample
from ..frame_cache import FrameCache
from .heads import HeadInputs, PolicyHead, ValueHead, clock_features
from .planner import Planner
from .settings import ExchangeableSettings


class Carry(NamedTuple):
    """The agent's memory between two steps, as columns of its flat carry."""

    hidden: Tensor  # [B, P, H] float32, memory of each pair
    counts: Tensor  # [B, P, S] float32, observed transitions; [B, P, 0] without planning
    state: Tensor  # [B] int64, the previous state
    step: Tensor  # [B] int64, number of the next step in the trial


class ExchangeableAgent(ActorCritic):
    """See the module; see `ActorCritic` for its attributes."""

    predicts_privileged = False

    def __init__(self, spaces: Spaces, settings: ExchangeableSettings):
        super().__init__()
        self.settings = settings
        self._set_spaces(spaces)
        size, width = settings.hidden_size, settings.embedding_size
        self.memory = GRUMemory(1, size)
        _init_spans(self.memory, settings.max_update_gate_bias)
        self.embedding = nn.Linear(size, width)
        planned = settings.planning_size if settings.planning_rounds else 0
        self.planner = (
            Planner(width, settings.planning_size, settings.planning_rounds) if planned else None
        )
        per_action = spaces.privileged_per_action if settings.privileged_critic else 0
        common = self.num_privileged - per_action * spaces.num_actions
        self.policy = PolicyHead(width + planned, width)
        self.value = ValueHead(width + planned, width, per_action, common)
        self.register_buffer("value_mean", torch.zeros(()))
        self.register_buffer("value_std", torch.ones(()))

    def for_spaces(self, spaces: Spaces) -> "ExchangeableAgent":
        """The same agent, with the same weights, for a suite of other sizes or lengths.

        Raises:
            UserError: The suite has pictures, or trials of no fixed length.
        """
        agent = copy(self)
        agent._set_spaces(spaces)
        return agent

    def _set_spaces(self, spaces: Spaces) -> None:
        if spaces.num_states is None or not spaces.steps_per_trial or not spaces.steps_per_episode:
            raise UserError(
                "agent=exchangeable is for bandits and MDPs, whose trials have a fixed length; "
                "choose another agent=..., such as agent=rl2"
            )
        self.spaces = spaces
        self.num_privileged = spaces.num_critic_features * self.settings.privileged_critic
        self.num_pairs = spaces.num_states * spaces.num_actions
        self.num_next = spaces.num_states if self.settings.planning_rounds else 0

    @property
    def uses_training_reward(self) -> bool:
        """See `ActorCritic.uses_training_reward`."""
        return self.settings.optimal_advantage

    def initial_carry(self, batch_size: int) -> Float[Tensor, "batch carry"]:
        """Zeros; the columns are those of `Carry`."""
        size = self.num_pairs * (self.settings.hidden_size + self.num_next) + 2
        return torch.zeros(batch_size, size, device=self.device)

    @torch.no_grad()
    def act(
        self,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        privileged: Tensor | None = None,
        frame_cache: FrameCache | None = None,
    ) -> tuple[Tensor, Tensor, ActExtras]:
        """See `ActorCritic.act`."""
        carry, inputs = self._step(carry, timestep)
        log_probs = self.policy(inputs.rows, inputs.context())
        action = sample(log_probs, rng, self.greedy)
        log_prob = log_probs.gather(-1, action[:, None]).squeeze(-1)
        frame_id = action.new_empty(len(action), 0)
        return action, carry, ActExtras(log_prob, self._value(inputs, privileged), frame_id)

    @torch.no_grad()
    def predict_value(
        self, carry: Tensor, timestep: TimeStep, privileged: Tensor | None = None
    ) -> Float[Tensor, " batch"]:
        """See `ActorCritic.predict_value`."""
        return self._value(self._step(carry, timestep)[1], privileged)

    def _value(self, inputs: HeadInputs, privileged: Tensor | None) -> Tensor:
        """Values [B] in units of reward; NaN without the privileged features that they take."""
        if self.num_privileged and privileged is None:
            return self.value_mean.new_full((len(inputs.clock),), torch.nan)
        given = privileged if self.num_privileged else None
        return self.value(inputs.rows, inputs.context(), given) * self.value_std + self.value_mean

    def _step(self, carry: Tensor, timestep: TimeStep) -> tuple[Tensor, HeadInputs]:
        """The carry after the outcome that `timestep` tells, and the inputs of the heads."""
        old = self._split(carry * ~timestep.is_first[:, None])
        env = torch.arange(len(carry), device=carry.device)
        visited = ~timestep.is_first
        pair = torch.where(visited, old.state * self.spaces.num_actions + timestep.prev_action, 0)
        before = old.hidden[env, pair]
        after, _ = self.memory.step(timestep.prev_reward[:, None], ~visited, before)
        old.hidden[env, pair] = torch.where(visited[:, None], after, before)
        if self.num_next:
            told = visited & ~timestep.prev_done  # after an episode's end, the state is a new one
            old.counts[env, pair, timestep.obs] += told.float()
        pairs = self.embedding(old.hidden).tanh()
        inputs = self._inputs(pairs, old.counts, timestep.obs, old.step)
        columns = (
            old.hidden.flatten(1),
            old.counts.flatten(1),
            timestep.obs[:, None],
            old.step[:, None] + 1,
        )
        return torch.cat(columns, -1), inputs

    def _inputs(self, pairs: Tensor, counts: Tensor, state: Tensor, step: Tensor) -> HeadInputs:
        """Inputs of the heads from the embeddings of all pairs, [N, P, W]."""
        if self.planner is not None:
            by_state = (self.spaces.num_states, self.spaces.num_actions)
            planned = self.planner(pairs.unflatten(1, by_state), counts.unflatten(1, by_state))
            pairs = torch.cat((pairs, planned.flatten(1, 2)), -1)
        if self.spaces.num_states == 1:
            return HeadInputs(pairs, pairs.mean(1), self._clock(step))
        index = self._present(state)[..., None].expand(-1, -1, pairs.shape[-1])
        return HeadInputs(pairs.gather(1, index), pairs.mean(1), self._clock(step))

    def _clock(self, step: Tensor) -> Tensor:
        spaces = self.spaces
        assert spaces.steps_per_trial and spaces.steps_per_episode
        return clock_features(step, spaces.steps_per_trial, spaces.steps_per_episode)

    def _present(self, state: Tensor) -> Tensor:
        """Pairs of a state's actions, [..., A]."""
        num_actions = self.spaces.num_actions
        return state[..., None] * num_actions + torch.arange(num_actions, device=state.device)

    def _split(self, carry: Tensor) -> Carry:
        pairs, size = self.num_pairs, self.settings.hidden_size
        hidden, counts, state, step = carry.split((pairs * size, pairs * self.num_next, 1, 1), -1)
        return Carry(
            hidden.unflatten(-1, (pairs, size)),
            counts.unflatten(-1, (pairs, self.num_next)),
            state.squeeze(-1).long(),
            step.squeeze(-1).long(),
        )

    def forward(
        self,
        timesteps: TimeStep,
        carry: Float[Tensor, "batch carry"],
        privileged: Float[Tensor, "time batch privileged"] | None = None,
        frame_id: Int64[Tensor, "time batch ids"] | None = None,
    ) -> Outputs:
        """See `ActorCritic.forward`."""
        start = self._split(carry)
        previous = torch.cat((start.state[None], timesteps.obs[:-1]))
        pair = previous * self.spaces.num_actions + timesteps.prev_action
        visits = find_visits(pair, timesteps.is_first, self.num_pairs)
        carried = start.hidden.flatten(0, 1)
        rewards = timesteps.prev_reward.flatten()[visits.source][:, None]
        packed = self.memory.scan(rewards, visits.initial(carried), visits.sizes)
        table = self.embedding(visits.table(packed, carried)).tanh()

        time = torch.arange(len(pair), device=pair.device)[:, None]
        step = torch.where(visits.begins_here, time - visits.trial_start, start.step + time)
        if self.planner is None and self.spaces.num_states > 1:
            index = visits.latest.gather(-1, self._present(timesteps.obs))
            latest = visits.latest.flatten(0, 1)
            overall = nn.functional.embedding_bag(latest, table, mode="mean")
            rows = nn.functional.embedding(index, table)
            inputs = HeadInputs(rows, overall.unflatten(0, pair.shape), self._clock(step))
        else:
            pairs = nn.functional.embedding(visits.latest.flatten(0, 1), table)
            counts = self._counts(timesteps, pair, visits, start.counts).flatten(0, 1)
            flat = self._inputs(pairs, counts, timesteps.obs.flatten(), step.flatten())
            inputs = HeadInputs(*(x.unflatten(0, pair.shape) for x in flat))
        context = inputs.context()
        log_probs = self.policy(inputs.rows, context)
        value = self.value(inputs.rows, context, privileged if self.num_privileged else None)
        return Outputs(log_probs, value, value.new_empty(*value.shape, 0))

    def _counts(
        self, timesteps: TimeStep, pair: Tensor, visits: Visits, carried: Tensor
    ) -> Float[Tensor, "time batch pairs states"]:
        """Transitions observed in the trial up to each step."""
        shape = (*pair.shape, self.num_pairs * self.num_next)
        if not self.num_next:
            return carried.new_empty(*pair.shape, self.num_pairs, 0)
        told = ~timesteps.is_first & ~timesteps.prev_done
        index = torch.where(told, pair * self.num_next + timesteps.obs, 0)[..., None]
        counts = carried.new_zeros(shape).scatter_(-1, index, told.float()[..., None]).cumsum(0)
        at_start = visits.trial_start[..., None].expand(shape)
        before = torch.where(
            visits.begins_here[..., None], counts.gather(0, at_start), -carried.flatten(1)
        )
        return (counts - before).unflatten(-1, (self.num_pairs, self.num_next))

    def encode(self, obs: Tensor) -> Float[Tensor, "batch features"]:
        """See `ActorCritic.encode`: states have no features of their own."""
        return obs.new_empty((len(obs), 0), dtype=torch.float32)

    def is_capturable(self) -> bool:
        """See `ActorCritic.is_capturable`: the host sorts the visits."""
        return False

    @torch.no_grad()
    def set_value_units(self, mean: float, std: float) -> None:
        """See `ActorCritic.set_value_units`."""
        rescale_value(self.value.out, self.value_mean, self.value_std, mean, std)


def _init_spans(memory: GRUMemory, most: float) -> None:
    """Torch's own initialisation, with update-gate biases from 0 to `most`."""
    cell = memory.cell
    cell.reset_parameters()
    nn.init.zeros_(cell.bias_hh)
    nn.init.zeros_(cell.bias_ih)
    with torch.no_grad():
        cell.bias_ih.chunk(3)[1].copy_(torch.linspace(0, most, len(cell.bias_hh) // 3))
