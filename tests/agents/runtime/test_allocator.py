import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = """
import resource, sys
if sys.argv[1] == "kept":
    import rl2_mazes.agents
b"x" * (1 << 27)  # 128 MiB, freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
b"x" * (1 << 27)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_memory_that_was_freed_is_not_touched_for_the_first_time_again():
    root = Path(__file__).parents[2]
    faults = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", FAULTS, how], cwd=root, capture_output=True, check=True
            ).stdout
        )
        for how in ("given back", "kept")
    }
    assert faults["kept"] < 100
    if faults["given back"] < 1000:  # huge pages, or a C library that keeps memory anyway
        pytest.skip("there is nothing to gain here")
