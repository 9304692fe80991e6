"""The RL² agent: a recurrent policy that is told how its last action went (Duan et al. 2016).

    observation -> convolutions (images) or one-hot (states) -> dense -.
    previous action (one-hot), reward, done ------------------> dense -+-> GRU --> policy, value
                                                                        `--------'

With states instead of images, the previous action and reward may come bound to the previous state
(`agents.networks.pair_inputs`) and each state may have heads of its own. In training the value may be told the
task, and what the policy sees may have to foretell that (`RL2Settings.aux_prediction`).

Its memory is the GRU's state. It lives through a trial, across the ends of episodes, and starts
from zero at the next trial: whatever the agent knows of a task when the second episode begins, it
remembers from the first.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...core.shapes import Float, Int64
from ...core.types import Spaces, TimeStep
from ..memory.gru import TrialGRU
from .config import RL2Settings
from .encoders import (
    ImageEncoder,
    Nothing,
    StateEncoder,
    dense,
    normalise_weights,
    one_hot,
    orthogonal,
)
from .frame_cache import SeenImages, encode_once, number_feedback
from .fusion import Fusion
from .pair_inputs import encode_pairs, init_pair_units, num_pair_features, num_pairs


class ActExtras(NamedTuple):
    """What a learner wants to know of an action besides the action."""

    log_prob: Tensor  # [B] float32
    value: Tensor  # [B] float32, in units of reward
    image_number: Tensor  # [B, I] int64, in the rollout; I is 1, or 0 where none are numbered


class Outputs(NamedTuple):
    """What the network says of a rollout's steps."""

    log_probs: Tensor  # [T, B, A] float32, of all actions
    value: Tensor  # [T, B] float32, in the units of `value_mean`, `value_std`
    guess: Tensor  # [T, B, P] float32, at what a critic is told; P is 0 without the auxiliary task


class RL2Agent(nn.Module):
    """The network as an `Agent`.

    Attributes:
        value_mean, value_std: Scalars; the value head predicts returns in these units, which its
            learner keeps up to date, so that it works at any scale of reward.
        greedy: Take the likeliest action instead of sampling one; training samples.
    """

    greedy = False

    value_mean: Tensor
    value_std: Tensor

    def __init__(self, spaces: Spaces, settings: RL2Settings):
        super().__init__()
        self.spaces = spaces
        self.settings = settings
        if spaces.image_shape is not None:
            self.encoder = ImageEncoder(spaces.image_shape, settings.conv)
        else:
            assert spaces.num_states is not None
            self.encoder = StateEncoder(spaces.num_states)
        self.dense, num_seen = dense(self.encoder.num_features, settings.dense_size)
        num_outcomes = num_pair_features(spaces) if settings.pair_inputs else spaces.num_actions + 2
        self.feedback, num_fed_back = dense(num_outcomes, settings.feedback_size)
        self.fusion = Fusion(num_seen, num_fed_back, settings.fusion_sizes)
        num_features = self.fusion.num_features
        memories = [
            TrialGRU(
                num_features,
                settings.hidden_size,
                settings.candidate_activation,
                settings.update_gate_bias,
            )
            for _ in range(1 + settings.separate_value)
        ]
        if settings.pair_inputs:
            for memory in memories:
                init_pair_units(memory.cell, num_seen, num_pairs(spaces))
        self.memory = memories[0]
        self.value_memory = memories[1] if settings.separate_value else None
        self.memory_norms = nn.ModuleList(
            nn.LayerNorm(settings.hidden_size) if settings.memory_layer_norm else nn.Identity()
            for _ in memories
        )
        num_seen = settings.hidden_size + num_features * settings.skip_connection
        self.critic: nn.Module = nn.Identity()
        num_judged = num_seen
        if settings.privileged_critic:
            # One number more than the environment tells: see `Trial.privileged`.
            self.critic, num_judged = dense(
                num_seen + spaces.num_privileged + 1, settings.hidden_size
            )
        num_told = (spaces.num_privileged + 1) * settings.aux_prediction
        self.aux_head = nn.Linear(num_seen, num_told) if num_told else Nothing()
        if settings.weight_norm:
            normalise_weights(self)
        num_heads = num_pairs(spaces) // spaces.num_actions if settings.per_state_heads else 1
        self.policy = orthogonal(nn.Linear(num_seen, num_heads * spaces.num_actions), gain=0.01)
        self.value = orthogonal(nn.Linear(num_judged, num_heads), gain=1.0)
        self.register_buffer("value_mean", torch.zeros(()))
        self.register_buffer("value_std", torch.ones(()))

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.value_mean.device

    def initial_carry(self, batch_size: int) -> Float[Tensor, "batch hidden"]:
        """Zeros. With `bind` the last column is the previous state, else all is memory."""
        size = self.settings.hidden_size * len(self._memories)
        return torch.zeros(batch_size, size + self.settings.pair_inputs, device=self.device)

    @torch.no_grad()
    def act(
        self,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        privileged: Tensor | None = None,
        images: SeenImages | None = None,
    ) -> tuple[Tensor, Tensor, ActExtras]:
        """Samples actions [B] int64 from the policy, as the paper does in evaluation too.

        With `greedy`, takes the likeliest. `privileged`, [B, num_privileged + 1] from
        `Trial.privileged`, is for the value of a privileged critic alone; without it, as outside
        of training, that is NaN. `images`, made with `see`, keeps what is seen again.
        """
        hidden, previous = self._split(carry)
        if images is None:
            of_seen, number = self.see(timestep.obs), timestep.prev_action.new_empty(len(hidden), 0)
        else:
            of_seen, number = images(timestep.obs)
        features = self._features(of_seen, timestep, previous)
        hidden = self._remember(TrialGRU.step, features, timestep.is_first, hidden)
        log_probs, value = self._heads(timestep, self._seen(features, hidden), privileged)
        carry = hidden if previous is None else torch.cat((hidden, timestep.obs[:, None]), -1)
        # An exponential race, like torch's multinomial, which raises (on a GPU: ends the process)
        # where a probability is NaN; the learner has something more useful to say then.
        race = torch.empty_like(log_probs).exponential_(generator=rng)
        odds = log_probs if self.greedy else log_probs.exp() / race
        action = odds.argmax(-1, keepdim=True)
        log_prob = log_probs.gather(-1, action).squeeze(-1)
        return action.squeeze(-1), carry, ActExtras(log_prob, self._to_reward_units(value), number)

    @torch.no_grad()
    def predict_value(
        self, carry: Tensor, timestep: TimeStep, privileged: Tensor | None = None
    ) -> Float[Tensor, " batch"]:
        """Expected return from here, in units of reward."""
        hidden, previous = self._split(carry)
        features = self._features(self.see(timestep.obs), timestep, previous)
        hidden = self._remember(TrialGRU.step, features, timestep.is_first, hidden)
        seen = self._seen(features, hidden)
        return self._to_reward_units(self._heads(timestep, seen, privileged)[1])

    def forward(
        self,
        timesteps: TimeStep,
        carry: Float[Tensor, "batch hidden"],
        privileged: Float[Tensor, "time batch told"] | None = None,
        image_number: Int64[Tensor, "time batch numbers"] | None = None,
    ) -> Outputs:
        """Runs over a rollout.

        Args:
            timesteps: Fields [T, B, ...].
            carry: As from `initial_carry`, at the rollout's first step.
            privileged: What the critic is told, see `Trial.privileged`.
            image_number: As in `ActExtras`, all of one rollout.
        """
        shape = timesteps.is_first.shape
        hidden, previous = self._split(carry)
        if previous is not None:
            previous = torch.cat((previous[None], timesteps.obs[:-1])).flatten()
        flat = TimeStep(*(field.flatten(0, 1) for field in timesteps))
        if image_number is None or image_number.shape[-1] == 0:
            features = self._features(self.see(flat.obs), flat, previous)
        else:
            of_seen = encode_once(self.see, flat.obs, image_number.flatten())
            features = self._features(of_seen, flat, previous, repeats=True)
        features = features.unflatten(0, shape)
        hidden = self._remember(TrialGRU.forward, features, timesteps.is_first, hidden)
        seen = self._seen(features, hidden)
        log_probs, value = self._heads(timesteps, seen, privileged)
        return Outputs(log_probs, value, self.aux_head(seen[0]))

    def see(self, obs: Tensor) -> Float[Tensor, "batch features"]:
        """What is made of observations [N, ...] alone, see `Joint.sum_seen`."""
        return self.fusion.sum_seen(self.dense(self.encoder(obs)))

    def can_be_recorded(self) -> bool:
        """Whether running over a rollout, where the agent is, never makes the host wait."""
        return all(memory.has_kernels(self.device) for memory in self._memories)

    def _split(self, carry: Tensor) -> tuple[Tensor, Tensor | None]:
        """The memories' states, and if it is kept the previous state, [B] int64."""
        if not self.settings.pair_inputs:
            return carry, None
        return carry[:, :-1], carry[:, -1].long()

    def _features(
        self, of_seen: Tensor, timestep: TimeStep, previous: Tensor | None, repeats: bool = False
    ) -> Tensor:
        """[N, features] from what `see` gave, fields [N, ...], and the states [N] before, if kept.

        With `repeats`, what is fed back is looked through for equal rows.
        """
        if previous is None:
            # At a trial's first step nothing was done before: no action is marked.
            action = one_hot(timestep.prev_action, self.spaces.num_actions)
            outcome = torch.stack((timestep.prev_reward, timestep.prev_done.float()), -1)
            fed_back = torch.cat((action * ~timestep.is_first[:, None], outcome), -1)
        else:
            fed_back = encode_pairs(previous, timestep, self.spaces)
        if repeats and len(self.fusion):  # else there is little to save
            numbers = number_feedback(timestep, self.spaces.num_actions)
            return self.fusion(of_seen, encode_once(self._feed_back, fed_back, numbers))
        return self.fusion(of_seen, self._feed_back(fed_back))

    def _feed_back(self, fed_back: Tensor) -> Tensor:
        return self.fusion.sum_fed_back(self.feedback(fed_back))

    @property
    def _memories(self) -> list[TrialGRU]:
        return [self.memory] + ([] if self.value_memory is None else [self.value_memory])

    def _remember(
        self, run: Callable[..., Tensor], features: Tensor, first: Tensor, carry: Tensor
    ) -> Tensor:
        """What each memory's `step` or `forward` gives, side by side."""
        parts = zip(self._memories, carry.chunk(len(self._memories), -1), strict=True)
        return torch.cat([run(memory, features, first, part) for memory, part in parts], -1)

    def _seen(self, features: Tensor, hidden: Tensor) -> list[Tensor]:
        """What heads see: of each memory [..., num_seen], the policy's first, the value's last."""
        parts = zip(self.memory_norms, hidden.chunk(len(self._memories), -1), strict=True)
        seen = [norm(part) for norm, part in parts]
        if not self.settings.skip_connection:
            return seen
        return [torch.cat((part, features), -1) for part in seen]

    def _heads(
        self, timestep: TimeStep, seen: list[Tensor], privileged: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities [..., num_actions], and values [...] in the value head's units."""
        logits, judged = self._of_state(self.policy(seen[0]), timestep), seen[-1]
        log_probs = logits.log_softmax(-1)
        if self.settings.privileged_critic:
            if privileged is None:
                return log_probs, torch.full_like(log_probs[..., 0], torch.nan)
            judged = self.critic(torch.cat((judged, privileged), -1))
        return log_probs, self._of_state(self.value(judged), timestep).squeeze(-1)

    def _of_state(self, outputs: Tensor, timestep: TimeStep) -> Tensor:
        """[..., outputs of one head] of the head that is for the state, from those of all."""
        if not self.settings.per_state_heads:
            return outputs
        of_each = outputs.unflatten(-1, (self.value.out_features, -1))
        state = timestep.obs[..., None, None].expand(*of_each.shape[:-2], 1, of_each.shape[-1])
        return of_each.gather(-2, state).squeeze(-2)

    def _to_reward_units(self, value: Tensor) -> Tensor:
        return value * self.value_std + self.value_mean
