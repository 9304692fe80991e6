"""Two halves that appear as one."""

import pytest
from support.toys import LeverEnv

from rl2_mazes.core.split_trial import SplitEnvs


@pytest.mark.parametrize("broken", [0, 1])
def test_both_halves_are_closed_even_if_one_raises(broken):
    halves, closed = [LeverEnv(2), LeverEnv(2)], []
    for i, env in enumerate(halves):

        def close(which=i):
            closed.append(which)
            if which == broken:
                raise OSError("the engine has died")

        env.close = close
    with pytest.raises(OSError, match="the engine has died"):
        SplitEnvs(halves).close()
    assert sorted(closed) == [0, 1]
