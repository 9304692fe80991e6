"""Adam without torch's compiler, whose import would add seconds to the start of every training."""

import inspect
from collections.abc import Callable

import torch


class Adam(torch.optim.Adam):
    """torch.optim.Adam, the same to the bit.

    Torch shields some methods of its optimisers from its compiler, and imports the compiler, which
    this project does not use, to do so. Here they are as they were before they were shielded.
    """

    add_param_group = inspect.unwrap(torch.optim.Adam.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Adam.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Adam.state_dict)
    zero_grad = inspect.unwrap(torch.optim.Adam.zero_grad)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore
        """Take a gradient step."""
        return inspect.unwrap(torch.optim.Adam.step)(self, closure)
