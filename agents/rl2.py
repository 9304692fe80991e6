"""The RL² agent: a recurrent policy that is told how its last action went (Duan et al. 2016).

    observation -> convolutions (images) or one-hot (states) -> dense -.
    previous action (one-hot), reward, done ------------------> dense -+-> GRU --> policy, value
                                                                        `--------'

Its memory is the GRU's state. It lives through a trial, across the ends of episodes, and starts
from zero at the next trial: whatever the agent knows of a task when the second episode begins, it
remembers from the first.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.networks import ImageEncoder, StateEncoder, orthogonal
from agents.recurrence import TrialGRU
from trials.shapes import Float
from trials.types import Spaces, TimeStep


@dataclass
class RL2Settings:
    """Settings of the network.

    Attributes:
        conv: Convolutions over images; per layer: channels, kernel side, stride.
        dense_size: Width of the layer on top of what is seen.
        feedback_size: Width of the layer on top of what is fed back. It has one of its own, since
            beside hundreds of image features the one step that says "a new episode" would drown.
        hidden_size: Units of the GRU.
        skip: The heads see both layers beside the memory, so that the memory need not repeat
            what is in view (Beck et al. 2023 found that it helps; not in the paper).
        head_size: Width of a layer of its own before the policy and before the value; 0 for none.
            Looking up what is remembered *of this state* is a product of state and memory, which a
            linear head cannot form; with the layer, the small MDPs are learnt (not in the paper).
    """

    conv: list[list[int]] = field(default_factory=lambda: [[16, 8, 4], [32, 4, 2]])
    dense_size: int = 128
    feedback_size: int = 64
    hidden_size: int = 128
    skip: bool = True
    head_size: int = 0

    def __post_init__(self):
        for name in ("dense_size", "feedback_size", "hidden_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"agent.{name} is {getattr(self, name)}; it must be at least 1")
        if self.head_size < 0:
            raise ValueError(f"agent.head_size is {self.head_size}; it must be 0 or more")
        if any(len(layer) != 3 or min(layer) < 1 for layer in self.conv):
            raise ValueError(
                f"agent.conv is {self.conv}; each layer is [channels, kernel side, stride]"
            )


class ActExtras(NamedTuple):
    """What a learner wants to know of an action besides the action."""

    log_prob: Tensor  # [B] float32
    value: Tensor  # [B] float32, in units of reward


class RL2Agent(nn.Module):
    """The network as an `Agent`.

    Attributes:
        value_mean, value_std: Scalars; the value head predicts returns in these units, which its
            learner keeps up to date, so that it works at any scale of reward.
    """

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
        self.dense = orthogonal(nn.Linear(self.encoder.num_features, settings.dense_size))
        self.feedback = orthogonal(nn.Linear(spaces.num_actions + 2, settings.feedback_size))
        num_features = settings.dense_size + settings.feedback_size
        self.memory = TrialGRU(num_features, settings.hidden_size)
        num_seen = settings.hidden_size + num_features * settings.skip
        self.look_up = nn.Identity()
        if settings.head_size:  # both heads' layers in one
            layer = orthogonal(nn.Linear(num_seen, 2 * settings.head_size))
            self.look_up = nn.Sequential(layer, nn.ReLU())
            num_seen = settings.head_size
        self.policy = orthogonal(nn.Linear(num_seen, spaces.num_actions), gain=0.01)
        self.value = orthogonal(nn.Linear(num_seen, 1), gain=1.0)
        self.register_buffer("value_mean", torch.zeros(()))
        self.register_buffer("value_std", torch.ones(()))

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self.value_mean.device

    def initial_carry(self, batch_size: int) -> Float[Tensor, "batch hidden"]:
        """Zeros."""
        return torch.zeros(batch_size, self.settings.hidden_size, device=self.device)

    @torch.no_grad()
    def act(
        self, carry: Tensor, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Tensor, ActExtras]:
        """Samples actions [B] int64 from the policy, as the paper does in evaluation too."""
        features = self._features(timestep)
        carry = self.memory.step(features, timestep.first, carry)
        log_probs, value = self._heads(features, carry)
        # An exponential race, like torch's multinomial, which raises (on a GPU: ends the process)
        # where a probability is NaN; the learner has something more useful to say then.
        race = torch.empty_like(log_probs).exponential_(generator=rng)
        action = (log_probs.exp() / race).argmax(-1, keepdim=True)
        log_prob = log_probs.gather(-1, action).squeeze(-1)
        return action.squeeze(-1), carry, ActExtras(log_prob, self._to_reward_units(value))

    @torch.no_grad()
    def predict_value(self, carry: Tensor, timestep: TimeStep) -> Float[Tensor, " batch"]:
        """Expected return from here, in units of reward."""
        features = self._features(timestep)
        hidden = self.memory.step(features, timestep.first, carry)
        return self._to_reward_units(self._heads(features, hidden)[1])

    def forward(
        self, timesteps: TimeStep, carry: Float[Tensor, "batch hidden"]
    ) -> tuple[Float[Tensor, "time batch actions"], Float[Tensor, "time batch"]]:
        """Runs over a rollout.

        Args:
            timesteps: Fields [T, B, ...].
            carry: [B, hidden] at the rollout's first step.

        Returns:
            Log-probabilities of actions, and values in the units of `value_mean`, `value_std`.
        """
        shape = timesteps.first.shape
        flat = TimeStep(*(field.flatten(0, 1) for field in timesteps))
        features = self._features(flat).unflatten(0, shape)
        return self._heads(features, self.memory(features, timesteps.first, carry))

    def _features(self, timestep: TimeStep) -> Tensor:
        """[N, dense_size + feedback_size] from fields [N, ...]."""
        # At a trial's first step nothing was done before: no action is marked.
        action = nn.functional.one_hot(timestep.prev_action, self.spaces.num_actions).float()
        action = action * ~timestep.first[:, None]
        outcome = torch.stack((timestep.prev_reward, timestep.prev_done.float()), -1)
        fed_back = self.feedback(torch.cat((action, outcome), -1))
        seen = self.dense(self.encoder(timestep.obs))
        return torch.cat((seen, fed_back), -1).relu()

    def _heads(self, features: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probabilities [..., num_actions], and values [...] in the value head's units."""
        seen = torch.cat((hidden, features), -1) if self.settings.skip else hidden
        seen = self.look_up(seen)
        for_policy, for_value = seen.chunk(2, -1) if self.settings.head_size else (seen, seen)
        return self.policy(for_policy).log_softmax(-1), self.value(for_value).squeeze(-1)

    def _to_reward_units(self, value: Tensor) -> Tensor:
        return value * self.value_std + self.value_mean
