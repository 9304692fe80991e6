"""The linear recurrent unit (Orvieto et al. 2023, section 3.4 and appendix A).

    h_t = lambda h_(t-1) + gamma B u_t       complex, unit by unit
    y_t = Re(C h_t) + d u_t
    lambda = exp(-exp(nu) + i exp(theta)),   gamma = exp(g)

lambda stays inside the unit circle whatever is learnt. At first |lambda| = 1 - 1 / s for spans s of
2 to `max_span` steps, the phase is drawn from 0 to `max_phase`, and gamma = sqrt(1 - |lambda|^2)
keeps the size of states at that of inputs. How long a unit remembers depends on no input; only
what is written does. A rollout is a parallel scan (`kernels.linear_scan`), in blocks
(`layers.residual`).

F inputs, D complex units and L layers cost 2 D (F + 8 D L) operations a step, and 2 L D floats of
carry: real and imaginary part by turns.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import at_least, check, count, fixed
from .base import Memory
from .kernels.linear_scan import linear_scan
from .layers.initial import span_biases
from .layers.residual import ResidualMemory


@MEMORIES.register("lru")
@dataclass
class LRUSettings:
    """Settings of the linear recurrent unit.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Complex units of each layer, and its width.
        layers: Layers.
        max_span: Steps over which the slowest unit at first forgets; the fastest takes 2.
        max_phase: Largest initial rotation of a state per step, in radians; the paper's for long
            sequences.
    """

    init_only: ClassVar[frozenset[str]] = frozenset({"max_span", "max_phase"})

    kind: str = fixed("lru")
    hidden_size: int = count(80)
    layers: int = count(2)
    max_span: int = count(500, least=2)
    max_phase: float = at_least(0.001, math.pi / 10)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        size = self.hidden_size
        layers = [LRULayer(size, self.max_span, self.max_phase) for _ in range(self.layers)]
        return ResidualMemory(input_size, layers)


class LRULayer(Memory):
    """One linear recurrent unit. Its carry is its complex state.

    Args:
        size: Inputs, outputs and complex units.
        max_span: See `LRUSettings`.
        max_phase: See `LRUSettings`.
    """

    def __init__(self, size: int, max_span: int, max_phase: float):
        super().__init__()
        self.output_size, self.carry_size = size, 2 * size
        modulus = span_biases(size, max_span).sigmoid()
        self.nu = nn.Parameter((-modulus.log()).log())
        self.theta = nn.Parameter((max_phase * torch.rand(size)).clamp(min=1e-4).log())
        self.log_gamma = nn.Parameter((1 - modulus.square()).log() / 2)
        self.write = nn.Linear(size, 2 * size, bias=False)  # B
        self.read_out = nn.Linear(2 * size, size, bias=False)  # C
        self.direct = nn.Parameter(torch.randn(size))  # d
        nn.init.normal_(self.write.weight, std=1 / math.sqrt(2 * size))
        nn.init.normal_(self.read_out.weight, std=1 / math.sqrt(size))

    def step(
        self,
        x: Float[Tensor, "batch units"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch units"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        before = _to_complex(carry * ~is_first[:, None])
        after = torch.addcmul(self._written(x), self._factor(), before)
        return self._output(x, after), _to_floats(after)

    def unroll(
        self,
        x: Float[Tensor, "time batch units"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch units"]:
        """See `Memory.unroll`."""
        states = linear_scan(self._factor(), self._written(x), _to_complex(carry), is_first)
        return self._output(x, states)

    def is_capturable(self, device: torch.device) -> bool:
        """Return True on CUDA: the scan takes no count from the device."""
        return device.type == "cuda"

    def _factor(self) -> Tensor:
        """Lambda, [units] complex."""
        return torch.polar((-self.nu.exp()).exp(), self.theta.exp())

    def _written(self, x: Tensor) -> Tensor:
        """Summand of the state, [..., units] complex."""
        return _to_complex(self.write(x)) * self.log_gamma.exp()

    def _output(self, x: Tensor, states: Tensor) -> Tensor:
        return torch.addcmul(self.read_out(_to_floats(states)), self.direct, x)


def _to_complex(floats: Tensor) -> Tensor:
    """[..., 2 D] to [..., D] complex."""
    return torch.view_as_complex(floats.unflatten(-1, (-1, 2)).contiguous())


def _to_floats(states: Tensor) -> Tensor:
    """[..., D] complex to [..., 2 D]."""
    return torch.view_as_real(states).flatten(-2)
