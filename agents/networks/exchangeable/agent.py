"""The exchangeable agent: an RL² agent to which arms, states and actions have no names.

Permuting the arms of a random bandit, or the states and actions of a random MDP, permutes its
solution. Here every pair of state and action has a small recurrent memory, all with the same
weights, that changes when the pair is visited. A policy head reads the memories of the present
state's actions and what is pooled over all of them (deep sets, Zaheer et al. 2017; for learners
with such symmetry, Kirsch et al. 2022). The number of states and actions is no property of the
weights: an agent acts in suites of any size, see `for_spaces`.

    reward --> memory of the visited pair --> embedding --+--> score of each action --> policy
                                                          |
               mean and maximum over the state's actions, +
               mean over all pairs, steps left -----------'

It knows the length of episodes and trials and the number of the step.
"""

from copy import copy

import torch
from torch import Tensor, nn

from ....core.errors import UserError
from ....core.shapes import Float, Int64
from ....core.types import Spaces, TimeStep
from ...memory.gru import GRUMemory
from ...memory.visits import Visits, find_visits
from ..actor_critic import ActExtras, ActorCritic, Outputs, sample
from .carry import Carry
from .heads import HeadInputs, PolicyHead, ValueHead, clock_features
from .planner import Planner
from .row_cache import RowCache
from .rows import pool_rows
from .settings import ExchangeableSettings


class ExchangeableAgent(ActorCritic):
    """The network of the module's docstring; see `ActorCritic` for its attributes."""

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

    def make_cache(self) -> RowCache | None:
        """On a CPU, features of pairs that no step has changed are computed once."""
        return RowCache(self._features) if self.device.type == "cpu" else None

    @torch.no_grad()
    def act(
        self,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        privileged: Tensor | None = None,
        cache: RowCache | None = None,
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
        cache: RowCache | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The carry after the step, log-probabilities [B, A] and values [B] in units of reward."""
        spaces, visited = self.spaces, ~timestep.is_first
        now = self._split(carry * visited[:, None])
        env = torch.arange(len(carry), device=carry.device)
        pair = torch.where(visited, now.state * spaces.num_actions + timestep.prev_action, 0)
        before = now.hidden[env, pair]
        after, _ = self.memory.step(timestep.prev_reward[:, None], timestep.is_first, before)
        now.hidden[env, pair] = torch.where(visited[:, None], after, before)
        if self.planner is not None:
            seen = visited & ~timestep.prev_done  # after an episode's end, the state is a new one
            now.counts[env, pair, timestep.obs] += seen.float()
        if cache is None:
            tables = self._features(now.hidden.flatten(0, 1))
        else:
            tables = cache.update(now.hidden, timestep.is_first, env * self.num_pairs + pair)
        latest = torch.arange(len(tables[0]), device=carry.device).view(len(carry), -1)
        inputs = self._inputs(tables, latest, now.counts, timestep.obs, now.step)
        log_probs, value = self._heads(inputs, privileged)
        after_step = now._replace(state=timestep.obs, step=now.step + 1)
        return after_step.flat(), log_probs, value * self.value_std + self.value_mean

    def _features(self, hidden: Tensor) -> tuple[Tensor, ...]:
        """Features of memories [R, H]: embeddings, and what the heads read of them alone."""
        pairs = self.embedding(hidden).tanh()
        return (pairs,) if self.planner is not None else (pairs, *self._project(pairs))

    def _project(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """First layers of policy and value over features of pairs [R, F]."""
        return self.policy.row(pairs), self.value.row(pairs)

    def _heads(self, inputs: HeadInputs, privileged: Tensor | None) -> tuple[Tensor, Tensor]:
        """Log-probabilities [N, A] and values [N] in the head's units.

        Values are NaN without the privileged features that they take.
        """
        context = inputs.context()
        log_probs = self.policy(inputs.for_policy, inputs.index, context)
        if not self.num_privileged:
            privileged = None
        elif privileged is None:
            return log_probs, log_probs.new_full(log_probs.shape[:1], torch.nan)
        return log_probs, self.value(inputs.for_value, inputs.index, context, privileged)

    def _inputs(
        self,
        tables: tuple[Tensor, ...],
        latest: Tensor,
        counts: Tensor,
        state: Tensor,
        step: Tensor,
    ) -> HeadInputs:
        """Inputs of the heads.

        Args:
            tables: From `_features`, [R, F] each.
            latest: [N, P] int64, row of each pair at each step.
            counts: [N, P, S], observed transitions, for the planner.
            state: [N] int64, the present state.
            step: [N] int64, number of the step in the trial.
        """
        if self.planner is None:
            pairs, for_policy, for_value = tables
            overall = pool_rows(pairs, latest)
            index = latest if self.num_states == 1 else latest.gather(1, self._present(state))
            return HeadInputs(
                pairs, for_policy, for_value, index, self.num_pairs, overall, self._clock(step)
            )
        # What follows a pair changes with every step: the features of a step are rows of its own.
        own = nn.functional.embedding(latest, tables[0])
        by_state = (self.num_states, self.spaces.num_actions)
        planned = self.planner(own.unflatten(1, by_state), counts.unflatten(1, by_state))
        pairs = torch.cat((own, planned.flatten(1, 2)), -1)
        overall = pairs.mean(1), pairs.amax(1)
        present = self._present(state)[..., None].expand(-1, -1, pairs.shape[-1])
        rows = pairs.gather(1, present).flatten(0, 1)
        index = torch.arange(len(rows), device=state.device).view(len(state), -1)
        projected = self._project(rows)
        return HeadInputs(rows, *projected, index, self.num_pairs, overall, self._clock(step))

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
        return Carry.split(carry, self.num_pairs, self.settings.hidden_size)

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
        tables = self._features(visits.table(packed, carried))
        time = torch.arange(len(pair), device=pair.device)[:, None]
        step = torch.where(visits.begins_here, time - visits.trial_start, start.step + time)
        counts = self._counts(timesteps, pair, visits, start.counts)
        by_step = (x.flatten(0, 1) for x in (visits.latest, counts, timesteps.obs, step))
        given = None if privileged is None else privileged.flatten(0, 1)
        outputs = self._heads(self._inputs(tables, *by_step), given)
        log_probs, value = (x.unflatten(0, pair.shape) for x in outputs)
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
        """Change the units alone: predictions in units of reward move with them.

        Undiscounted returns are learnt backwards from the end of the trial, a few steps per update.
        A shift of the mean moves the values of all steps at once (docs/ablations.md).
        """
        self.value_mean.fill_(mean)
        self.value_std.fill_(std)


def _init_spans(memory: GRUMemory, most: float) -> None:
    """Torch's own initialisation, with update-gate biases from 0 to `most`."""
    cell = memory.cell
    cell.reset_parameters()
    nn.init.zeros_(cell.bias_hh)
    nn.init.zeros_(cell.bias_ih)
    with torch.no_grad():
        cell.bias_ih.chunk(3)[1].copy_(torch.linspace(0, most, len(cell.bias_hh) // 3))
