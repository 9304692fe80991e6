"""The mean memory: what a trial's steps have in common, without their order.

    s = sum over steps of f(x),  f(x) = (x, tanh(W x + b))
    output: s / n, log(1 + n) / 3, 1 / sqrt(1 + n)       after n steps

Outcomes of one arm, or of one pair of state and action, are exchangeable: their order tells nothing
about the task (de Finetti), so that sums of learnt features can be sufficient statistics (deep
sets, Zaheer et al. 2017). Nothing decays, and a rollout is one running sum.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...core.registries.groups import MEMORIES
from ...core.shapes import Bool, Float
from ...core.validation import check, count, fixed
from .base import Memory


@MEMORIES.register("mean")
@dataclass
class MeanSettings:
    """Settings of the mean memory.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Learnt features of a step, besides its own.
    """

    kind: str = fixed("mean")
    hidden_size: int = count(16)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """See `MemorySettings.build`."""
        return MeanMemory(input_size, self.hidden_size)


class MeanMemory(Memory):
    """A memory whose carry is a sum of features and the number of steps.

    Args:
        input_size: Features per step, all of which are summed as they are.
        hidden_size: Learnt features of a step, besides its own.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.features = nn.Linear(input_size, hidden_size)
        self.carry_size = input_size + hidden_size + 1
        self.output_size = self.carry_size + 1
        nn.init.normal_(self.features.weight)
        nn.init.normal_(self.features.bias)

    def step(
        self,
        x: Float[Tensor, "batch features"],
        is_first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, "batch carry"]]:
        """See `Memory.step`."""
        carry = carry * ~is_first[:, None] + self._summands(x)
        return self.read(carry), carry

    def unroll(
        self,
        x: Float[Tensor, "time batch features"],
        is_first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch carry"],
    ) -> Float[Tensor, "time batch outputs"]:
        """See `Memory.unroll`."""
        total = self._summands(x).double().cumsum(0)
        step = torch.arange(len(x), device=x.device)[:, None]
        start = torch.where(is_first, step, 0).cummax(0).values
        before = torch.cat((-carry[None].double(), total[:-1]))  # 0: the trial began before
        begins_here = is_first.gather(0, start)
        before = before.gather(0, torch.where(begins_here, start, 0)[..., None].expand_as(before))
        before[begins_here & (start == 0)] = 0
        return self.read((total - before).to(x.dtype))

    def scan(
        self,
        packed: Float[Tensor, "rows features"],
        carry: Float[Tensor, "sequences carry"],
        sizes: list[int],
    ) -> Float[Tensor, "rows carry"]:
        """See `Memory.scan`."""
        size = torch.tensor(sizes, device=packed.device)
        if not len(size):
            return packed.new_empty(0, self.carry_size)
        step = torch.arange(len(size), device=packed.device).repeat_interleave(size)
        begin = size.cumsum(0) - size
        sequence = torch.arange(len(packed), device=packed.device) - begin[step]
        length = (size[:, None] > torch.arange(size[0].item(), device=packed.device)).sum(0)
        first = length.cumsum(0) - length  # the sequences one after another
        position = first[sequence] + step
        summands = self._summands(packed).double()
        total = summands.new_zeros(summands.shape).index_copy(0, position, summands).cumsum(0)
        before = torch.cat((total.new_zeros(1, self.carry_size), total))[first]
        return carry[sequence] + (total[position] - before[sequence]).to(packed.dtype)

    def read(self, carry: Float[Tensor, "*rows carry"]) -> Float[Tensor, "*rows outputs"]:
        """See `Memory.read`."""
        total, count = carry[..., :-1], carry[..., -1:]
        return torch.cat((total / count.clamp(min=1), count.log1p() / 3, (1 + count).rsqrt()), -1)

    def _summands(self, x: Tensor) -> Tensor:
        return torch.cat((x, self.features(x).tanh(), torch.ones_like(x[..., :1])), -1)
