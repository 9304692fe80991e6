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

import math
from copy import copy

import torch
from torch import Tensor, nn

from ....core.errors import UserError
from ....core.shapes import Float, Int64, UInt8
from ....core.types import Spaces, TimeStep
from ...memory.base import Memory, require_sizes
from ...memory.contract import build_memory
from ...memory.layers.visits import find_visits
from ..actor_critic import ActExtras, ActorCritic, Outputs, sample
from .carry import Carry
from .heads import CLOCK_FEATURES, HeadInputs, PolicyHead, ValueHead, clock_features
from .planner import Planner, observed_transitions
from .row_cache import RowCache
from .rows import pool_rows
from .settings import ExchangeableSettings


class ExchangeableAgent(ActorCritic):
    """The network of the module's docstring; see `ActorCritic` for its attributes."""

    def __init__(self, spaces: Spaces, settings: ExchangeableSettings):
        super().__init__()
        self.settings = settings
        self._set_spaces(spaces)
        width = settings.embedding_size
        self.memory: Memory = build_memory(settings.memory, 1)
        if not self.memory.is_readable:
            raise UserError(
                f"agent=exchangeable reads each pair's memory from its carry, and the output of "
                f"agent/memory={settings.memory.kind} is no function of it; choose another, such "
                "as agent/memory=mean"
            )
        self.memory.init_spans(settings.max_update_gate_bias)
        self.embedding = nn.Sequential(
            nn.Linear(self.memory.output_size, width), nn.ReLU(), nn.Linear(width, width)
        )
        self.planner = (
            Planner(width, settings.planning_size, settings.planning_rounds)
            if settings.planning_rounds
            else None
        )
        planned = settings.planning_size if self.planner else 0
        num_context = 4 * width + 2 * planned + CLOCK_FEATURES
        per_action = spaces.privileged_per_action if settings.privileged_critic else 0
        common = self.num_privileged - per_action * spaces.num_actions
        self.policy = PolicyHead(width + planned, width, num_context, settings.logit_scale)
        self.value = ValueHead(
            width + planned,
            width,
            width,
            num_context,
            per_action=per_action,
            common=common,
            per_pair=spaces.privileged_per_pair * settings.privileged_critic,
        )
        self.register_buffer("value_mean", torch.zeros(()))
        self.register_buffer("value_std", torch.ones(()))

    def for_spaces(self, spaces: Spaces) -> "ExchangeableAgent":
        """The same agent, with the same weights, for a suite of other sizes or lengths.

        Its units of value are its own.

        Raises:
            UserError: The suite has pictures, or trials of no fixed length.
        """
        agent = copy(self)
        agent._buffers = {name: x.clone() for name, x in self.named_buffers(recurse=False)}
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
        per_pair = spaces.privileged_per_pair * self.settings.privileged_critic
        self.num_pair_privileged = per_pair * self.num_pairs
        self.num_next = spaces.num_states if self.settings.planning_rounds else 0

    @property
    def uses_training_reward(self) -> bool:
        """See `ActorCritic.uses_training_reward`."""
        return self.settings.optimal_advantage

    def initial_carry(self, batch_size: int) -> Float[Tensor, "batch carry"]:
        """Zeros; the columns are those of `Carry`."""
        size = self.num_pairs * (self.memory.carry_size + self.num_next) + 2
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
        output, after = self.memory.step(timestep.prev_reward[:, None], timestep.is_first, before)
        require_sizes(self.memory, output, after)
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
        pairs = self.embedding(self.memory.read(hidden)).tanh()
        row = self.value.pair_row
        features = pairs, pairs[:, :0] if row is None else row(pairs)
        return features if self.planner is not None else (*features, *self._project(pairs))

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
        return log_probs, self.value(inputs, context, privileged)

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
        pairs, for_pairs, *_ = tables
        pooled = pool_rows(pairs, latest), self._clock(step)
        present = latest if self.num_states == 1 else latest.gather(1, self._present(state))
        if self.planner is None:
            _, _, for_policy, for_value = tables
            own = pairs, for_policy, for_value, present
            return HeadInputs(*own, for_pairs, latest, 0, *pooled)
        # What follows a pair changes with every step: the features of a step are rows of its own.
        assert self.spaces.steps_per_episode
        left = self.spaces.steps_per_episode - step % self.spaces.steps_per_episode
        planned = self.planner(pairs, latest, counts, state, left)
        rows = torch.cat((nn.functional.embedding(present, pairs), planned), -1).flatten(0, 1)
        index = torch.arange(len(rows), device=state.device).view(len(state), -1)
        own = rows, *self._project(rows), index
        return HeadInputs(*own, for_pairs, latest, planned.shape[-1], *pooled)

    def _clock(self, step: Tensor) -> Tensor:
        spaces = self.spaces
        assert spaces.steps_per_trial
        assert spaces.steps_per_episode
        clock = clock_features(step, spaces.steps_per_trial, spaces.steps_per_episode)
        sizes = [
            clock.new_full((len(step), 1), math.log(size) / 4)  # filled on the device: no transfer
            for size in (spaces.num_actions, self.num_states)
        ]
        return torch.cat((clock, *sizes), -1)

    def _present(self, state: Tensor) -> Tensor:
        """Pairs of a state's actions, [..., A]."""
        num_actions = self.spaces.num_actions
        return state[..., None] * num_actions + torch.arange(num_actions, device=state.device)

    def _split(self, carry: Tensor) -> Carry:
        return Carry.split(carry, self.num_pairs, self.memory.carry_size)

    def forward(
        self,
        timesteps: TimeStep,
        carry: Float[Tensor, "batch carry"],
        privileged: Float[Tensor, "time batch privileged"] | None = None,
        frame_id: Int64[Tensor, "time batch ids"] | None = None,
        view: UInt8[Tensor, "time batch view"] | None = None,
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
        counts = observed_transitions(timesteps, pair, visits, start.counts)
        by_step = (x.flatten(0, 1) for x in (visits.latest, counts, timesteps.obs, step))
        given = None if privileged is None else privileged.flatten(0, 1)
        outputs = self._heads(self._inputs(tables, *by_step), given)
        log_probs, value = (x.unflatten(0, pair.shape) for x in outputs)
        return Outputs(log_probs, value, value.new_empty(*value.shape, 0))

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
