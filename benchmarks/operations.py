"""Floating-point operations, counted."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import torch
from torch.utils.flop_counter import FlopCounterMode


def operations_of(work: Callable[[], object]) -> int:
    """Floating-point operations of products and convolutions, with nothing compiled."""
    counter = FlopCounterMode(
        display=False, custom_mapping={torch.ops.aten.addmm_: _product_in_place}
    )
    with counter, patch("agents.scan_cpu.fits", return_value=False):
        work()
    return counter.get_total_flops()


def _product_in_place(_: torch.Size, a: torch.Size, b: torch.Size, **__: Any) -> int:
    """Which the counter does not know."""
    return 2 * a[0] * a[1] * b[1]
