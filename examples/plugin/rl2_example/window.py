"""A memory: the inputs of the last few steps, and nothing older.

It shows how long a memory a task needs. Its output at step t is tanh(W [x_(t-n+1), ..., x_t] + b),
where inputs before the trial count as zero.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rl2_mazes.agents.memory.base import Memory
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.validation import check, count, fixed


@MEMORIES.register("window")
@dataclass
class WindowSettings:
    """Settings of the window.

    Attributes:
        kind: Its name in `MEMORIES`.
        hidden_size: Output features.
        num_steps: Steps that it remembers, the present one included.
    """

    kind: str = fixed("window")
    hidden_size: int = count(128)
    num_steps: int = count(8)

    def __post_init__(self):
        check(self, "agent.memory")

    def build(self, input_size: int) -> Memory:
        """The memory of an agent with so many features per step."""
        return WindowMemory(input_size, self.hidden_size, self.num_steps)


class WindowMemory(Memory):
    """The last inputs, oldest first, as the carry.

    Args:
        input_size: Features per step.
        hidden_size: Output features.
        num_steps: Steps remembered.
    """

    def __init__(self, input_size: int, hidden_size: int, num_steps: int):
        super().__init__()
        self.output_size, self.carry_size = hidden_size, input_size * num_steps
        self.linear = nn.Linear(self.carry_size, hidden_size)

    def step(self, x: Tensor, is_first: Tensor, carry: Tensor) -> tuple[Tensor, Tensor]:
        """Forget the oldest input, or all of them at the start of a trial."""
        carry = torch.cat(((carry * ~is_first[:, None])[:, x.shape[-1] :], x), -1)
        return self.read(carry), carry

    def unroll(self, x: Tensor, is_first: Tensor, carry: Tensor) -> Tensor:
        """All steps of a rollout, one after another."""
        outputs = []
        for x_now, first_now in zip(x, is_first, strict=True):
            output, carry = self.step(x_now, first_now, carry)
            outputs.append(output)
        return torch.stack(outputs)

    def read(self, carry: Tensor) -> Tensor:
        """The output of the step that left this carry."""
        return self.linear(carry).tanh()
