"""Sums that double their stretch are those of a loop."""

import pytest
import torch

from rl2_mazes.agents.learners.running_sums import decayed_sum


@pytest.mark.parametrize("time", [1, 2, 3, 8, 21])
def test_as_a_loop_adds_them(time):
    rng = torch.Generator().manual_seed(time)
    x = torch.randn(time, 4, generator=rng)
    decay = torch.rand(time, 4, generator=rng)
    decay[torch.rand(time, 4, generator=rng) < 0.3] = 0
    now, sums = torch.zeros(4), []
    for t in range(time):
        now = x[t] + decay[t] * now
        sums.append(now)
    torch.testing.assert_close(decayed_sum(x, decay), torch.stack(sums))
