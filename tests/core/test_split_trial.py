"""Two halves as one."""

import pytest
from support.toys import LeverEnv

from rl2_mazes.core.split_trial import Environments


@pytest.mark.parametrize("broken", [0, 1])
def test_both_are_closed_also_if_one_cannot_be(broken):
    halves, closed = [LeverEnv(2), LeverEnv(2)], []
    for i, env in enumerate(halves):

        def close(which=i):
            closed.append(which)
            if which == broken:
                raise OSError("the engine is gone")

        env.close = close
    with pytest.raises(OSError, match="the engine is gone"):
        Environments(halves).close()
    assert sorted(closed) == [0, 1]
