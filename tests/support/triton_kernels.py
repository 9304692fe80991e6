"""Compilation of Triton kernels in tests."""

import os
import subprocess
import sys

import pytest


def require_compiled(script: str) -> None:
    """Runs a script that compiles kernels for a GPU; no GPU is needed."""
    pytest.importorskip("triton.backends.nvidia.compiler")
    environment = {**os.environ, "TRITON_INTERPRET": "0"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
