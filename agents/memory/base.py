"""The interface of recurrent memories, and their registry.

A new memory is one file in this folder: a subclass of `Memory` that registers itself.

    @MEMORIES.register("lstm")
    class LSTMMemory(Memory): ...
"""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from ...core.errors import UserError
from ...core.registries.registry import Registry
from ...core.shapes import Bool, Float, Int64


class Memory(nn.Module, ABC):
    """A recurrent layer whose state lives through a trial (Duan et al. 2016, section 2.2).

    The state between two steps is the carry: one row of floats per environment, zero at the start
    of a trial. Only the memory knows what it holds; rollouts, CUDA graphs and checkpoints pass it
    on unchanged. The output may be the carry, a part of it, or neither.

    Attributes:
        output_size: Features per step that `step` and `unroll` return.
        carry_size: Floats per environment in the carry.
    """

    output_size: int
    carry_size: int

    @classmethod
    @abstractmethod
    def from_settings(cls, input_size: int, settings: Any) -> "Memory":
        """Build a memory.

        Args:
            input_size: Features per step.
            settings: The agent's, such as `agents.networks.config.RL2Settings`.
        """

    @abstractmethod
    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch carry"]]:
        """Advance every environment by one step.

        Args:
            x: Inputs.
            is_first: First step of a trial: the carry counts as zero.
            carry: Before the step.

        Returns:
            The output, and the carry after the step.
        """

    @abstractmethod
    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch outputs"]:
        """Outputs of `step` over a rollout, differentiable in `x`, `carry` and the weights.

        Args:
            x: Inputs.
            is_first: First steps of trials, anywhere in the rollout.
            carry: Before the first step.
        """

    def read(self, carry: Float[Tensor, "*rows carry"]) -> Float[Tensor, "*rows outputs"]:
        """The output of the step after which the memory holds `carry`, where that is enough."""
        return carry

    def is_capturable(self, device: torch.device) -> bool:
        """Return whether `unroll` on `device` fits into a CUDA graph: the host never waits."""
        return False

    def init_averages(
        self,
        units: Int64[Tensor, " units"],
        triggers: Int64[Tensor, " units"],
        sources: Int64[Tensor, " units"],
        weight: float,
        span: int,
    ) -> None:
        """Initialise output units as running averages of inputs; training may change them.

        At a step where input `triggers[i]` is 1, output `units[i]` moves towards
        `tanh(weight * x[sources[i]])` by 1 / `span` of the distance. Where it is 0, the unit stays
        as it is. Other units keep their initialisation.

        Raises:
            UserError: This memory has no such initialisation.
        """
        raise UserError(
            f"agent.pair_inputs needs a memory whose units can be set to running averages; "
            f"{type(self).__name__} has none: agent.pair_inputs=false"
        )


MEMORIES: Registry[type[Memory]] = Registry("memory", ["rl2_mazes.agents.memory"])
