"""The interface of trainable agents, and the records that they exchange with learners.

`core.types.Agent` is all that an evaluation needs. Rollouts, learners and checkpoints need more: a
policy and a value over whole rollouts, as one module of weights.
"""

from abc import ABC, abstractmethod
from collections.abc import Set
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.shapes import Float, Int64, UInt8
from ...core.types import Spaces, TimeStep
from ..runtime.precision import FLOAT32

# Labels of an auxiliary loss: none; the privileged features, which the critic is given as well; by
# dead reckoning (`core.types.LabelMaker`); the same, and in hindsight, of visits to places, or of
# paths to the target.
AUX = ("none", "privileged", "dead_reckoning", "hindsight", "visits", "paths")
RECKONED = ("dead_reckoning", "hindsight", "visits", "paths")


class ActExtras(NamedTuple):
    """By-products of an action, for the rollout."""

    log_prob: Tensor  # [B] float32, of the action
    value: Tensor  # [B] float32, in units of reward
    frame_id: Tensor  # [B, I] int64, see `FrameCache`; I is 1, or 0 without a cache
    view: Tensor | None = None  # [B, V] uint8, of the agent's own map; None of agents without


class NetworkInputs(NamedTuple):
    """Arguments of `ActorCritic.forward`: T steps of B environments."""

    timesteps: TimeStep  # fields [T, B, ...]; with frame_id, obs are the different frames [F, ...]
    carry: Tensor  # [B, C] float32, before the first step
    privileged: Tensor | None = None  # [T, B, P] float32
    frame_id: Tensor | None = None  # [T, B, 1] int64, rows of obs; or [T, B, 0] as without
    view: Tensor | None = None  # [T, B, V] uint8, see `ActExtras`; or [T, B, 0] as without


class Outputs(NamedTuple):
    """Outputs of the network over T steps of B environments."""

    log_probs: Tensor  # [T, B, A] float32, of all actions
    value: Tensor  # [T, B] float32, in the units of `value_mean` and `value_std`
    prediction: Tensor  # [T, B, L] float32, of the labels of `ActorCritic.aux`; L is 0 for none


@runtime_checkable
class AgentSettings(Protocol):
    """Settings of a kind of agent: a dataclass that registers itself in `AGENTS` as `kind`.

    Attributes:
        kind: Stored in checkpoints, which build the agent from it.
        init_only: Settings that matter for initial weights alone: a warm start may change them.
        added: May be left out. Settings that agents of earlier versions lack, and the value that
            makes them what they were.
        aux: Labels that the agent predicts, see `AUX`; only PPO teaches them.
    """

    kind: ClassVar[str]
    init_only: ClassVar[frozenset[str]]

    @property
    def aux(self) -> str: ...  # noqa: D102  see above

    def build(self, spaces: Spaces) -> "ActorCritic":
        """Build an agent with initial weights."""
        ...


class ActorCritic(nn.Module, ABC):
    """An `Agent` that can be trained.

    Its carry is one row of floats per environment.

    Attributes:
        spaces: Observations and actions.
        settings: The agent is built from them.
        num_privileged: P, privileged features that the value takes in training, see
            `Trial.privileged`; 0 if it takes none.
        num_pair_privileged: Privileged features of all pairs of state and action that the value
            takes after those, see `Trial.privileged_pairs`.
        aux: Labels that `Outputs.prediction` predicts, see `AUX`.
        num_visits: Number of these, the last ones, that are of earlier visits to places.
        value_mean, value_std: Scalars. The value head predicts returns in these units, which the
            learner keeps up to date, so that it works at any scale of reward.
        greedy: Take the most likely action instead of a sample. Training samples.
        acts_on_host: Whether an action waits for the CPU, so that it fits into no CUDA graph.
        precision: Of the network's arithmetic; a training may lower that of agents whose settings
            have `takes_bfloat16`.
    """

    greedy = False
    acts_on_host = False
    precision = FLOAT32
    aux: str = "none"
    num_visits: int = 0

    spaces: Spaces
    settings: Any
    num_privileged: int
    num_pair_privileged: int = 0
    value_mean: Tensor
    value_std: Tensor

    @property
    def uses_training_reward(self) -> bool:
        """Whether it learns from the training reward, see `core.types.Privileged`."""
        return self.num_privileged > 0

    @property
    def device(self) -> torch.device:
        """Device of the parameters."""
        return self.value_mean.device

    @abstractmethod
    def initial_carry(self, batch_size: int) -> Float[Tensor, "batch carry"]:
        """The carry at the start of a trial."""

    def make_cache(self) -> Any:
        """A cache for the steps of one rollout, in which no weight changes; None for none."""
        return None

    @abstractmethod
    def act(
        self,
        carry: Tensor,
        timestep: TimeStep,
        rng: torch.Generator,
        privileged: Tensor | None = None,
        cache: Any = None,
    ) -> tuple[Tensor, Tensor, ActExtras]:
        """Choose actions.

        Args:
            carry: [B, C].
            timestep: Fields [B, ...].
            rng: Source of the samples.
            privileged: [B, P], for the value alone; the value of an agent that takes them is NaN
                without.
            cache: Of this rollout, from `make_cache`; results are the same without.

        Returns:
            Actions [B] int64, the carry after the step, and extras for the rollout.
        """

    @abstractmethod
    def predict_value(
        self, carry: Tensor, timestep: TimeStep, privileged: Tensor | None = None
    ) -> Float[Tensor, " batch"]:
        """Expected return from `timestep` on, in units of reward; arguments as of `act`."""

    @abstractmethod
    def forward(
        self,
        timesteps: TimeStep,
        carry: Float[Tensor, "batch carry"],
        privileged: Float[Tensor, "time batch privileged"] | None = None,
        frame_id: Int64[Tensor, "time batch ids"] | None = None,
        view: UInt8[Tensor, "time batch view"] | None = None,
    ) -> Outputs:
        """Run over a rollout; arguments as in `NetworkInputs`."""

    @abstractmethod
    def encode(self, obs: Tensor) -> Float[Tensor, "batch features"]:
        """Features of observations [N, ...] that depend on nothing else."""

    @abstractmethod
    def is_capturable(self) -> bool:
        """Return whether `forward` and its gradient fit into a CUDA graph: the host never waits."""

    def for_spaces(self, spaces: Spaces) -> "ActorCritic":
        """This agent, with the same weights, for a suite of these spaces.

        Raises:
            UserError: Its weights are for other observations or actions.
        """
        if spaces != self.spaces:
            ours, theirs = self.spaces.apart_from(spaces)
            raise UserError(f"the agent is for {ours}, the suite has {theirs}")
        return self

    def may_differ(self, trained: "ActorCritic") -> Set[str]:
        """Names of settings that may differ from those of a trained agent that it adopts."""
        return frozenset()

    def adopt(self, trained: "ActorCritic") -> None:
        """Take the weights of a trained agent of the same settings, apart from `may_differ`."""
        self.load_state_dict(trained.state_dict())

    @abstractmethod
    def set_value_units(self, mean: float, std: float) -> None:
        """Change `value_mean` and `value_std`; an agent may keep its predictions in reward."""


def sample(log_probs: Tensor, rng: torch.Generator, greedy: bool) -> Tensor:
    """Draw actions [B] from log-probabilities [B, A]; the most likely ones if `greedy`.

    An exponential race, like torch's multinomial; but that raises at a NaN (on a GPU it ends the
    process), where the learner has a better message.
    """
    race = torch.empty_like(log_probs).exponential_(generator=rng)
    return (log_probs if greedy else log_probs.exp() / race).argmax(-1)


def rescale_value(head: nn.Linear, mean_now: Tensor, std_now: Tensor, mean: float, std: float):
    """Change the units of a value head; its predictions in units of reward stay the same.

    PopArt (van Hasselt et al. 2016).

    Args:
        head: The last layer.
        mean_now: Scalar, changed to `mean`.
        std_now: Scalar, changed to `std`.
        mean: New mean.
        std: New standard deviation.
    """
    head.bias.mul_(std_now).add_(mean_now).sub_(mean).div_(std)
    head.weight.mul_(std_now / std)
    mean_now.fill_(mean)
    std_now.fill_(std)
