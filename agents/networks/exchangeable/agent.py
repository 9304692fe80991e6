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

It sees the length of episodes and trials, and the number of the step.
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
from ..actor_critic import ActExtras, ActorCritic, Outputs, sample
from .heads import HeadInputs, PolicyHead, ValueHead, clock_features
from .planner import Planner
from .rows import pool_rows
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
        self.num_states = spaces.num_states
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

    def make_cache(self) -> "RowCache":
        """See `ActorCritic.make_cache`."""
        return RowCache()

    @torch.no_grad()
    def act(
        self,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        privileged: Tensor | None = None,
        cache: "RowCache | None" = None,
    ) -> tuple[Tensor, Tensor, ActExtras]:
        """See `ActorCritic.act`."""
        carry, log_probs, value = self._step(carry, timestep, privileged, cache)
        action = sample(log_probs, rng, self.greedy)
        log_prob = log_probs.gather(-1, action[:, None]).squeeze(-1)
        return action, carry, ActExtras(log_prob, value, action.new_empty(len(action), 0))

    @torch.no_grad()
    def predict_value(
        self, carry: Tensor, timestep: TimeStep, privileged: Tensor | None = None
    ) -> Float[Tensor, " batch"]:
        """See `ActorCritic.predict_value`."""
        return self._step(carry, timestep, privileged)[2]

    def _step(
        self,
        carry: Tensor,
        timestep: TimeStep,
        privileged: Tensor | None,
        cache: "RowCache | None" = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The carry after the outcome that `timestep` tells, log-probabilities and values."""
        old = self._split(carry * ~timestep.is_first[:, None])
        env = torch.arange(len(carry), device=carry.device)
        visited = ~timestep.is_first
        pair = torch.where(visited, old.state * self.spaces.num_actions + timestep.prev_action, 0)
        before = old.hidden[env, pair]
        after, _ = self.memory.step(timestep.prev_reward[:, None], ~visited, before)
        after = torch.where(visited[:, None], after, before)
        old.hidden[env, pair] = after
        if self.num_next:
            seen = visited & ~timestep.prev_done  # after an episode's end, the state is a new one
            old.counts[env, pair, timestep.obs] += seen.float()
        columns = (
            old.hidden.flatten(1),
            old.counts.flatten(1),
            timestep.obs[:, None],
            old.step[:, None] + 1,
        )
        tables = cache or RowCache()
        if self.planner is None:
            tables.update(self, old.hidden, timestep.is_first, env * self.num_pairs + pair, after)
            latest = torch.arange(len(carry) * self.num_pairs, device=carry.device)
            latest = latest.view(len(carry), -1)
            inputs = self._inputs(tables.pairs, latest, timestep.obs, old.step)
            projected = tables.policy, tables.value
        else:
            table = self.embedding(old.hidden.flatten(0, 1)).tanh()
            inputs = self._planned_inputs(
                table.view(*old.hidden.shape[:2], -1), old.counts, timestep.obs, old.step
            )
            projected = self.policy.row(inputs.table), self.value.row(inputs.table)
        return torch.cat(columns, -1), *self._heads(inputs, projected, privileged, in_reward=True)

    def _heads(
        self,
        inputs: HeadInputs,
        projected: tuple[Tensor, Tensor],
        privileged: Tensor | None,
        in_reward: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities [N, A] and values [N]; NaN without privileged features they take."""
        context = inputs.context()
        log_probs = self.policy(projected[0], inputs.index, context)
        if self.num_privileged and privileged is None:
            return log_probs, log_probs.new_full(log_probs.shape[:1], torch.nan)
        given = privileged if self.num_privileged else None
        value = self.value(projected[1], inputs.index, context, given)
        return log_probs, value * self.value_std + self.value_mean if in_reward else value

    def _inputs(self, table: Tensor, latest: Tensor, state: Tensor, step: Tensor) -> HeadInputs:
        """Inputs of the heads.

        Args:
            table: [R, F], features of pairs.
            latest: [N, P], row of each pair at each step.
            state: [N], the present state.
            step: [N], number of the step in the trial.
        """
        overall = pool_rows(table, latest)
        index = latest if self.num_states == 1 else latest.gather(1, self._present(state))
        return HeadInputs(table, index, self.num_pairs, overall, self._clock(step))

    def _planned_inputs(
        self, pairs: Tensor, counts: Tensor, state: Tensor, step: Tensor
    ) -> HeadInputs:
        """Inputs of the heads, with what follows each pair.

        Args:
            pairs: [N, P, F], features of pairs.
            counts: [N, P, S], observed transitions.
            state: [N].
            step: [N].
        """
        assert self.planner is not None
        by_state = (self.num_states, self.spaces.num_actions)
        planned = self.planner(pairs.unflatten(1, by_state), counts.unflatten(1, by_state))
        pairs = torch.cat((pairs, planned.flatten(1, 2)), -1)
        overall = pairs.mean(1), pairs.amax(1)
        index = self._present(state)
        table = pairs.gather(1, index[..., None].expand(-1, -1, pairs.shape[-1])).flatten(0, 1)
        index = torch.arange(len(table), device=state.device).view(len(index), -1)
        return HeadInputs(table, index, self.num_pairs, overall, self._clock(step))

    def _clock(self, step: Tensor) -> Tensor:
        spaces = self.spaces
        assert spaces.steps_per_trial
        assert spaces.steps_per_episode
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
        latest, state, step = visits.latest.flatten(0, 1), timesteps.obs.flatten(), step.flatten()
        if self.planner is None:
            inputs = self._inputs(table, latest, state, step)
        else:
            pairs = nn.functional.embedding(latest, table)
            counts = self._counts(timesteps, pair, visits, start.counts).flatten(0, 1)
            inputs = self._planned_inputs(pairs, counts, state, step)
        projected = self.policy.row(inputs.table), self.value.row(inputs.table)
        given = None if privileged is None else privileged.flatten(0, 1)
        log_probs, value = self._heads(inputs, projected, given)
        log_probs, value = log_probs.unflatten(0, pair.shape), value.unflatten(0, pair.shape)
        return Outputs(log_probs, value, value.new_empty(*value.shape, 0))

    def _counts(
        self, timesteps: TimeStep, pair: Tensor, visits: Visits, carried: Tensor
    ) -> Float[Tensor, "time batch pairs states"]:
        """Transitions observed in the trial up to each step."""
        shape = (*pair.shape, self.num_pairs * self.num_next)
        if not self.num_next:
            return carried.new_empty(*pair.shape, self.num_pairs, 0)
        seen = ~timesteps.is_first & ~timesteps.prev_done
        index = torch.where(seen, pair * self.num_next + timesteps.obs, 0)[..., None]
        counts = carried.new_zeros(shape).scatter_(-1, index, seen.float()[..., None]).cumsum(0)
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
        """Change the units alone, so that predictions move with the mean of the returns.

        Undiscounted returns of long trials are learnt backwards from their ends, one reach of
        lambda per update; a shift of the mean takes all steps along.
        """
        self.value_mean.fill_(mean)
        self.value_std.fill_(std)


class RowCache:
    """Features of all pairs during a rollout; only those of visited pairs change in a step.

    Attributes:
        pairs: [B * P, F], embeddings.
        policy: [B * P, width], projected for the policy.
        value: [B * P, width], projected for the value.
    """

    def __init__(self):
        self.pairs = self.policy = self.value = torch.empty(0)

    def update(
        self,
        agent: ExchangeableAgent,
        hidden: Tensor,
        is_first: Tensor,
        visited: Tensor,
        after: Tensor,
    ) -> None:
        """Bring the features up to date.

        Args:
            agent: With the same weights in every call.
            hidden: [B, P, H], memories of all pairs after the step.
            is_first: [B], first steps of trials.
            visited: [B], row of the pair that changed.
            after: [B, H], memory of that pair.
        """
        if not len(self.pairs):
            self.pairs, self.policy, self.value = _project(agent, hidden.flatten(0, 1))
            return
        for mine, new in zip(self._tables, _project(agent, after), strict=True):
            mine[visited] = new
        if bool(is_first.any()):
            initial = _project(agent, hidden.new_zeros(1, hidden.shape[-1]))
            for mine, new in zip(self._tables, initial, strict=True):
                mine.view(len(is_first), -1, mine.shape[-1])[is_first] = new

    @property
    def _tables(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.pairs, self.policy, self.value


def _project(agent: ExchangeableAgent, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Embeddings of memories [R, H], and what policy and value read of them."""
    pairs = agent.embedding(hidden).tanh()
    return pairs, agent.policy.row(pairs), agent.value.row(pairs)


def _init_spans(memory: GRUMemory, most: float) -> None:
    """Torch's own initialisation, with update-gate biases from 0 to `most`."""
    cell = memory.cell
    cell.reset_parameters()
    nn.init.zeros_(cell.bias_hh)
    nn.init.zeros_(cell.bias_ih)
    with torch.no_grad():
        cell.bias_ih.chunk(3)[1].copy_(torch.linspace(0, most, len(cell.bias_hh) // 3))
