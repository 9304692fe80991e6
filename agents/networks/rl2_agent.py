"""The RL² agent: a recurrent policy that sees how its last action went (Duan et al. 2016).

    observation -> convolutions (images) or one-hot (states) -> dense -.
    previous action (one-hot), reward, done, own map ---------> dense -+-> memory --> policy, value
                                                                        `------------'

The map is off by default (`RL2Settings.map_radius`).
In training the value may take privileged features, and an auxiliary head may predict labels
(`RL2Settings`).

The memory's carry lives through a trial, across the ends of episodes, and is zero at the start of
the next trial. Whatever the agent knows about a task when the second episode begins, it remembers
from the first.
"""

from collections.abc import Set

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.shapes import Float, Int64, UInt8
from ...core.types import Spaces, TimeStep
from ..memory.base import Memory, require_sizes
from ..memory.contract import build_memory
from ..runtime.precision import in_bfloat16, is_in_bfloat16, to_float32
from .actor_critic import RECKONED, ActExtras, ActorCritic, Outputs, rescale_value, sample
from .config import RL2Settings
from .encoders import make_encoder
from .frame_cache import FrameCache, encode_unique, feedback_ids
from .fusion import FusionMLP
from .layers import EmptyHead, dense, normalise_weights, one_hot, orthogonal
from .own_map import OwnMap


class RL2Agent(ActorCritic):
    """The network of RL²; see `ActorCritic` for its attributes."""

    def __init__(self, spaces: Spaces, settings: RL2Settings):
        super().__init__()
        self.spaces = spaces
        self.settings = settings
        self.num_privileged = spaces.num_critic_features * settings.privileged_critic
        self.aux = settings.aux
        self.num_visits = spaces.num_visits * (settings.aux == "visits")
        self.encoder = make_encoder(spaces, settings.conv)
        self.dense, num_observation = dense(self.encoder.num_features, settings.dense_size)
        self.map = OwnMap(spaces, settings.map_radius) if settings.map_radius else None
        self.acts_on_host = self.map is not None
        num_outcomes = spaces.num_actions + 2 + (self.map.num_features if self.map else 0)
        self.feedback, num_feedback = dense(num_outcomes, settings.feedback_size)
        self.fusion = FusionMLP(num_observation, num_feedback, settings.fusion_sizes)
        num_features = self.fusion.num_features
        memories: list[Memory] = [
            build_memory(settings.memory, num_features) for _ in range(1 + settings.separate_value)
        ]
        self.memory = memories[0]
        self.value_memory = memories[1] if settings.separate_value else None
        output_size = self.memory.output_size
        num_policy = num_value = output_size + num_features * settings.skip_connection
        self.critic: nn.Module = nn.Identity()
        if settings.privileged_critic:
            self.critic, num_value = dense(num_policy + self.num_privileged, output_size)
        num_predicted = 0
        if settings.aux != "none":
            reckoned = settings.aux in RECKONED
            num_predicted = spaces.num_reckoned if reckoned else self.num_privileged
            num_predicted += self.num_visits + spaces.num_paths * (settings.aux == "paths")
        self.aux_head = nn.Linear(num_policy, num_predicted) if num_predicted else EmptyHead()
        if settings.weight_norm:
            normalise_weights(self)
        self.policy = orthogonal(nn.Linear(num_policy, spaces.num_actions), gain=0.01)
        self.value = orthogonal(nn.Linear(num_value, 1), gain=1.0)
        self.register_buffer("value_mean", torch.zeros(()))
        self.register_buffer("value_std", torch.ones(()))

    def initial_carry(self, batch_size: int) -> Float[Tensor, "batch carry"]:
        """Zeros."""
        size = sum(self._carry_sizes) + (self.map.carry_size if self.map else 0)
        return torch.zeros(batch_size, size, device=self.device)

    def make_cache(self) -> FrameCache | None:
        """On a CPU, equal frames of a rollout are encoded once."""
        if self.spaces.image_shape is not None and self.device.type == "cpu":
            return FrameCache(self.encode)
        return None

    @torch.no_grad()
    def act(
        self,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        privileged: Tensor | None = None,
        cache: FrameCache | None = None,
    ) -> tuple[Tensor, Tensor, ActExtras]:
        """Sample actions from the policy, in evaluations too, as in the paper.

        See `ActorCritic.act`.
        """
        if cache is None:
            observation = self.encode(timestep.obs)
            frame_id = timestep.prev_action.new_empty(len(carry), 0)
        else:
            observation, frame_id = cache(timestep.obs)
        log_probs, value, carry, view = self._step(carry, timestep, observation, privileged)
        action = sample(log_probs, rng, self.greedy)
        log_prob = log_probs.gather(-1, action[:, None]).squeeze(-1)
        return action, carry, ActExtras(log_prob, value, frame_id, view)

    @torch.no_grad()
    def predict_value(
        self, carry: Tensor, timestep: TimeStep, privileged: Tensor | None = None
    ) -> Float[Tensor, " batch"]:
        """See `ActorCritic.predict_value`."""
        return self._step(carry, timestep, self.encode(timestep.obs), privileged)[1]

    def _step(
        self, carry: Tensor, timestep: TimeStep, observation: Tensor, privileged: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Log-probabilities [B, A], values [B] in units of reward, the carry after it, the view."""
        states, places = self._split(carry)
        view, places = self.map.step(places, timestep) if self.map else (None, places)
        features = self._features(observation, timestep, view)
        pairs = zip(self._memories, states, strict=True)
        steps = [memory.step(features, timestep.is_first, state) for memory, state in pairs]
        for memory, (output, state) in zip(self._memories, steps, strict=True):
            require_sizes(memory, output, state)
        head_inputs = self._head_inputs(features, [output for output, _ in steps])
        log_probs, value = self._heads(head_inputs, privileged)
        after = torch.cat([*(state for _, state in steps), places], -1)
        return log_probs, value * self.value_std + self.value_mean, after, view

    def forward(
        self,
        timesteps: TimeStep,
        carry: Float[Tensor, "batch carry"],
        privileged: Float[Tensor, "time batch privileged"] | None = None,
        frame_id: Int64[Tensor, "time batch ids"] | None = None,
        view: UInt8[Tensor, "time batch view"] | None = None,
    ) -> Outputs:
        """See `ActorCritic.forward`. Without a view, an agent with a map computes it anew."""
        shape, (states, places) = timesteps.is_first.shape, self._split(carry)
        if self.map is None:
            view = None
        elif view is None:
            view = self.map.unroll(places, timesteps)
        with self.precision.learning_on(self.device):
            features = self._features_of(timesteps, frame_id, view).unflatten(0, shape)
            outputs = [
                self._unroll(memory, features, timesteps.is_first, state)
                for memory, state in zip(self._memories, states, strict=True)
            ]
        head_inputs = self._head_inputs(features, outputs)
        log_probs, value = self._heads(head_inputs, privileged)
        return Outputs(log_probs, value, self.aux_head(head_inputs[0]))

    def encode(self, obs: Tensor) -> Float[Tensor, "batch features"]:
        """See `ActorCritic.encode`; includes the observation's part of the fusion MLP."""
        with self.precision.convolving(self.device):
            features = self.encoder(obs)
        if not is_in_bfloat16(self.device):
            features = to_float32(features)
        return to_float32(self.fusion.project_observation(self.dense(features)))

    def is_capturable(self) -> bool:
        """See `ActorCritic.is_capturable`."""
        return not self.acts_on_host and all(
            memory.is_capturable(self.device) for memory in self._memories
        )

    def for_spaces(self, spaces: Spaces) -> ActorCritic:
        """See `ActorCritic.for_spaces`; a map reckons by one kind of movement and reward."""
        if self.map and spaces.odometry != self.spaces.odometry:
            raise UserError(
                f"the agent's map is for {self.spaces.odometry}, the suite has {spaces.odometry}"
            )
        return super().for_spaces(spaces)

    def may_differ(self, trained: ActorCritic) -> Set[str]:
        """See `ActorCritic.may_differ`: the labels to predict, and a map that `trained` lacks."""
        grows = self.map and self.settings.feedback_size and not trained.settings.map_radius
        return {"aux", "map_radius"} if grows else {"aux"}

    def adopt(self, trained: ActorCritic) -> None:
        """See `ActorCritic.adopt`.

        Inputs from a map that the trained agent lacks begin with weights of 0, so that both act
        alike at first. If the labels differ, the auxiliary head keeps the rows of those that both
        predict.
        """
        theirs, fitted = trained.state_dict(), self.state_dict()
        same = self.aux == trained.aux
        reckoned = {self.aux, trained.aux} <= set(RECKONED)
        for name, own in fitted.items():
            if name.startswith("aux_head.") and not same:
                known = self.spaces.num_reckoned if reckoned else 0  # the first ones of each kind
                fitted[name] = torch.cat((theirs.get(name, own)[:known], own[known:]))
            elif name.startswith("feedback.") and own.dim() == 2:
                missing = own.shape[1] - theirs[name].shape[1]
                fitted[name] = nn.functional.pad(theirs[name], (0, missing))
            else:
                fitted[name] = theirs[name]
        self.load_state_dict(fitted)

    @torch.no_grad()
    def set_value_units(self, mean: float, std: float) -> None:
        """See `ActorCritic.set_value_units`."""
        rescale_value(self.value, self.value_mean, self.value_std, mean, std)

    @property
    def _memories(self) -> list[Memory]:
        return [self.memory] + ([] if self.value_memory is None else [self.value_memory])

    @property
    def _carry_sizes(self) -> list[int]:
        """Floats of each memory's carry."""
        return [memory.carry_size for memory in self._memories]

    def _split(self, carry: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """The carries of the memories, and that of the map."""
        *states, places = carry.split(
            [*self._carry_sizes, carry.shape[-1] - sum(self._carry_sizes)], -1
        )
        return tuple(states), places

    def _features_of(
        self, timesteps: TimeStep, frame_id: Tensor | None, view: Tensor | None
    ) -> Tensor:
        """Inputs of the memory over a rollout, [T * B, features]; arguments as of `forward`."""
        view = None if view is None else view.flatten(0, 1)
        if frame_id is None or frame_id.shape[-1] == 0:
            flat = TimeStep(*(field.flatten(0, 1) for field in timesteps))
            return self._features(self.encode(flat.obs), flat, view)
        if timesteps.obs.dim() != 4:
            raise ValueError(
                f"observations are {tuple(timesteps.obs.shape)}; with frame_id they must be the "
                "different frames [F, H, W, 3], as from Rollout.take_envs"
            )
        others = (field.flatten(0, 1) for field in timesteps[1:])
        observation = self.encode(timesteps.obs).index_select(0, frame_id.flatten())
        timestep = TimeStep(timesteps.obs, *others)
        return self._features(observation, timestep, view, unique=view is None)

    def _unroll(self, memory: Memory, features: Tensor, is_first: Tensor, state: Tensor) -> Tensor:
        """`memory.unroll`, in float32 unless the memory has a lower precision."""
        with in_bfloat16(self.device, is_in_bfloat16(self.device) and memory.takes_bfloat16):
            return memory.unroll(features, is_first, state)

    def _features(
        self,
        observation: Tensor,
        timestep: TimeStep,
        view: Tensor | None = None,
        unique: bool = False,
    ) -> Tensor:
        """Inputs of the memory.

        Args:
            observation: [N, ...], from `encode`.
            timestep: Fields [N, ...]; obs is not read.
            view: [N, V] uint8, of the map, if there is one.
            unique: Compute equal rows of feedback once.

        Returns:
            [N, features].
        """
        # At a trial's first step there is no previous action, and none is marked.
        action = one_hot(timestep.prev_action, self.spaces.num_actions)
        outcome = torch.stack((timestep.prev_reward, timestep.prev_done.float()), -1)
        feedback = torch.cat((action * ~timestep.is_first[:, None], outcome), -1)
        if view is not None:
            feedback = torch.cat((feedback, view / 255), -1)
        if unique and len(self.fusion):  # without fusion MLP there is little to save
            ids = feedback_ids(timestep, self.spaces.num_actions)
            projected = encode_unique(self._encode_feedback, feedback, ids)
        else:
            projected = self._encode_feedback(feedback)
        return to_float32(self.fusion(observation, projected))

    def _encode_feedback(self, feedback: Tensor) -> Tensor:
        return to_float32(self.fusion.project_feedback(self.feedback(feedback)))

    def _head_inputs(self, features: Tensor, outputs: list[Tensor]) -> list[Tensor]:
        """Heads' inputs by memory, [..., num_policy]: the policy's first, the value's last."""
        if not self.settings.skip_connection:
            return outputs
        return [torch.cat((out, features), -1) for out in outputs]

    def _heads(self, head_inputs: list[Tensor], privileged: Tensor | None) -> tuple[Tensor, Tensor]:
        """Log-probabilities [..., num_actions], and values [...] in the value head's units."""
        log_probs, value_input = self.policy(head_inputs[0]).log_softmax(-1), head_inputs[-1]
        if self.num_privileged:
            if privileged is None:
                return log_probs, torch.full_like(log_probs[..., 0], torch.nan)
            value_input = self.critic(torch.cat((value_input, privileged), -1))
        return log_probs, self.value(value_input).squeeze(-1)
