"""CUDA graph capture of work that repeats.

A step of a rollout or of gradient descent is one or two hundred small operations, each of which
costs the host more time than the device. As a CUDA graph they cost the host one launch. A graph
reads and writes fixed memory.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def capture(work: Callable[[], None], generators: Sequence[torch.Generator] = ()) -> Callable:
    """Capture `work` as a CUDA graph without running it; return the function that launches it.

    Args:
        work: Has run before, so that its kernels are built, and never makes the host wait.
        generators: It draws from these; every launch draws anew.
    """
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        work()
    return graph.replay


class CapturedFunction:
    """A function of tensors to a tensor as a CUDA graph, for inputs of constant shapes.

    The first call runs operation by operation, which also builds the kernels. The second captures.

    Args:
        function: Whatever else it reads and writes must stay in the same memory.
    """

    def __init__(self, function: Callable[[Sequence[Tensor]], Tensor]):
        self._function = function
        self._inputs: list[Tensor] | None = None
        self._result: Tensor | None = None
        self._launch: Callable[[], object] | None = None

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """The function's result, in new memory."""
        if self._inputs is None:
            self._inputs = [torch.empty_like(given) for given in inputs]
            self._result = self._function(inputs)
            return self._result.clone()
        for ours, given in zip(self._inputs, inputs, strict=True):
            ours.copy_(given)
        if self._launch is None:
            self._launch = capture(self._work)
        self._launch()
        assert self._result is not None
        return self._result.clone()

    def _work(self) -> None:
        assert self._inputs is not None
        assert self._result is not None
        self._result.copy_(self._function(self._inputs))
