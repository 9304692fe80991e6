"""SNAIL: causal convolutions and attention over the trial (Mishra et al. 2018, section 3).

    convolution with dilation d:  g_t = tanh(A u_t + A' u_(t-d) + a) sigmoid(B u_t + B' u_(t-d) + b)
                                  u_t = (u_t, g_t)                        (the paper's dense block)
    attention:                    q_t, k_t, v_t = Q u_t, K u_t, V u_t
                                  r_t = sum over s of softmax_s(q_t k_s / sqrt(size of k)) v_s
                                  u_t = (u_t, r_t)

Convolutions with d = 1, 2, 4 and so on until they cover the window, then attention over it; both
`layers` times. u begins as W x + c. Steps before the trial count as zero in a convolution, and
attention never sees them. The output is u.

The carry holds what convolutions will take from past steps (A' u, B' u, for d steps) and keys and
values. Of C convolutions with G filters, keys and values of size K and a window of W, all over a
width of D, it costs 8 G C D + 6 K D + 4 K W operations a step (D grows by G and by K on the way),
and about 2 W (G + K) floats of carry a layer.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory
from .layers.stack import PlainBlock, Stack
from .layers.window import ages, attend


@MEMORIES.register("snail")
@dataclass
class SNAILSettings:
    """Settings of SNAIL.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Width of the first layer, on which convolutions work.
        filters: Of each convolution.
        attention_size: Floats of a key, and of a value.
        layers: Pairs of a block of convolutions and attention.
        window: Steps that a block of convolutions and an attention cover.
    """

    kind: str = fixed("snail")
    hidden_size: int = count(88)
    filters: int = count(20)
    attention_size: int = count(32)
    layers: int = count(1)
    window: int = count(128, least=2)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return SNAILMemory(input_size, self)


class SNAILMemory(Stack):
    """Densely connected layers over time.

    Args:
        input_size: Features per step.
        settings: Sizes.
    """

    def __init__(self, input_size: int, settings: SNAILSettings):
        width = settings.hidden_size
        layers: list[Memory] = []
        for _ in range(settings.layers):
            dilation = 1
            while dilation < settings.window:
                layers.append(Convolution(width, settings.filters, dilation))
                width += settings.filters
                dilation *= 2
            layers.append(Attention(width, settings.attention_size, settings.window))
            width += settings.attention_size
        super().__init__(nn.Linear(input_size, settings.hidden_size), layers)
        self.layers = nn.ModuleList(layers)
        self.blocks = [PlainBlock(layer, _append) for layer in layers]
        self.output_size = width


class Convolution(Memory):
    """A gated causal convolution over two steps.

    Args:
        size: Inputs.
        filters: Outputs.
        dilation: Steps between the two.
    """

    def __init__(self, size: int, filters: int, dilation: int):
        super().__init__()
        self.dilation = dilation
        self.output_size, self.carry_size = filters, 2 * filters * dilation
        self.reach = 1 + dilation
        self.now = nn.Linear(size, 2 * filters)
        self.past = nn.Linear(size, 2 * filters, bias=False)

    def step(
        self,
        x: Float[Tensor, "batch width"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch filters"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        carry = torch.cat((carry * ~is_first[:, None], self.past(x)), 1)
        oldest = carry[:, : 2 * self.output_size]
        return self._gated(self.now(x) + oldest), carry[:, 2 * self.output_size :]

    def unroll(
        self,
        x: Float[Tensor, "time batch width"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch filters"]:
        """See `Memory.unroll`."""
        before = carry.unflatten(1, (self.dilation, -1)).transpose(0, 1)
        past = torch.cat((before, self.past(x)))[: len(x)]
        # Trials that began before the rollout: what is older than them is zero in the carry.
        age = ages(is_first, torch.full_like(x[0, :, 0], self.dilation))
        return self._gated(self.now(x) + past * (age >= self.dilation)[..., None])

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: sizes depend on those of the rollout alone."""
        return device.type == "cuda"

    @staticmethod
    def _gated(sums: Tensor) -> Tensor:
        new, gate = sums.chunk(2, -1)
        return new.tanh() * gate.sigmoid()


class Attention(Memory):
    """Causal attention within a window. Its carry is the trial's age, then keys and values.

    Args:
        size: Inputs.
        width: Floats of a key, of a value and of the output.
        window: Steps that it attends to, the present one included.
    """

    def __init__(self, size: int, width: int, window: int):
        super().__init__()
        self.window = self.reach = window
        self.output_size, self.carry_size = width, 1 + 2 * width * (window - 1)
        self.project = nn.Linear(size, 3 * width)

    def step(
        self,
        x: Float[Tensor, "batch width"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        carry = carry * ~is_first[:, None]
        age, window = carry[:, :1].clamp(min=0), carry[:, 1:]
        query, row = self.project(x).tensor_split([self.output_size], -1)
        window = torch.cat((window, row), 1)
        rows = window.unflatten(1, (self.window, -1)).transpose(0, 1)
        read = self._attend(query[None], rows, age.T)[0]
        return read, torch.cat((age + 1, window[:, 2 * self.output_size :]), 1)

    def unroll(
        self,
        x: Float[Tensor, "time batch width"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch outputs"]:
        """See `Memory.unroll`."""
        age = ages(is_first, carry[:, 0].clamp(min=0))
        query, new = self.project(x).tensor_split([self.output_size], -1)
        window = carry[:, 1:].unflatten(1, (-1, 2 * self.output_size)).transpose(0, 1)
        return self._attend(query, torch.cat((window, new)), age)

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: sizes depend on those of the rollout alone."""
        return device.type == "cuda"

    def _attend(self, query: Tensor, rows: Tensor, age: Tensor) -> Tensor:
        keys, values = rows[..., None, :].chunk(2, -1)
        furthest = age.clamp(max=self.window - 1)
        return attend(query[..., None, :], keys, values, furthest).squeeze(-2)


def _append(u: Tensor, y: Tensor) -> Tensor:
    """[..., D], [..., E] to [..., D + E]."""
    return torch.cat((u, y), -1)
