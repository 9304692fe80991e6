"""Work for a GPU that is recorded once and then replayed.

A step of a rollout, or of gradient descent, is a hundred or two small operations, each of which
costs the host more than the device. As a CUDA graph they cost the host one launch. What the work
reads and writes has to stay in the same memory.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def record(work: Callable[[], None], generators: Sequence[torch.Generator] = ()) -> Callable:
    """Records what `work` has the device do, without doing it; returns what does it.

    Args:
        work: Ran before, so that its kernels are built; waits for nothing.
        generators: That it draws from; each replay draws anew.
    """
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        work()
    return graph.replay


class Recorded:
    """A function of tensors to a tensor that is called with inputs of the same shapes each time.

    The first call runs operation by operation, which also builds the kernels; later ones replay
    what the second one recorded.

    Args:
        function: What else it reads and writes stays in the same memory.
    """

    def __init__(self, function: Callable[[Sequence[Tensor]], Tensor]):
        self._function = function
        self._inputs: list[Tensor] | None = None
        self._result: Tensor | None = None
        self._replay: Callable[[], object] | None = None

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """What the function gives, in memory of its own."""
        if self._inputs is None:
            self._inputs = [torch.empty_like(given) for given in inputs]
            self._result = self._function(inputs)
            return self._result.clone()
        for mine, given in zip(self._inputs, inputs, strict=True):
            mine.copy_(given)
        if self._replay is None:
            self._replay = record(self._work)
        self._replay()
        assert self._result is not None
        return self._result.clone()

    def _work(self) -> None:
        assert self._inputs is not None
        assert self._result is not None
        self._result.copy_(self._function(self._inputs))
