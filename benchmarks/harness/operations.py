"""Floating-point operations of an update, and their rate in a large matrix product."""

import statistics
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import torch
from torch.utils.flop_counter import FlopCounterMode

from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.benchmarks.harness.timing import seconds_of
from rl2_mazes.benchmarks.harness.trainings import settings_of, training
from rl2_mazes.core.trial import Trial

MATRIX_SIDE = {"cpu": 2048, "cuda": 8192}


def operations_of(work: Callable[[], object]) -> int:
    """Floating-point operations of the products and convolutions that a call runs in torch.

    The compiled GRU, whose operations torch cannot count, is switched off.
    """
    counter = FlopCounterMode(
        display=False, custom_mapping={torch.ops.aten.addmm_: _product_in_place}
    )
    with counter, patch("rl2_mazes.agents.memory.kernels.gru_numba.fits", return_value=False):
        work()
    return counter.get_total_flops()


def _product_in_place(_: torch.Size, a: torch.Size, b: torch.Size, **__: Any) -> int:
    """Operations of `addmm_`, which torch's counter lacks."""
    return 2 * a[0] * a[1] * b[1]


def operations_per_step(name: str, device: torch.device) -> float:
    """Floating-point operations of an update per agent step, on the CPU's code path.

    Counts products and convolutions, forward and backward, of one minibatch, and multiplies by the
    number of epochs. On a CPU the frame cache encodes each distinct frame once; it counts once.

    Args:
        name: Key of `trainings.RECIPES`.
        device: Device of the training; on CUDA every frame is encoded.
    """
    cpu = torch.device("cpu")
    settings = settings_of(name, cpu)
    epochs = settings.learner.epochs
    num_envs = settings.num_envs // settings.learner.num_minibatches
    small = (f"num_envs={num_envs}", "learner.num_minibatches=1", "learner.epochs=1")
    with training(settings_of(name, cpu, *small), cpu) as of:
        assert isinstance(of.trial, Trial)
        timestep = of.trial.reset(seed=0)
        rollout, *_ = collect(of.agent, of.trial, of.carry, timestep, of.num_steps, of.rng)
        if device.type == "cuda":  # no frame cache there
            rollout = rollout._replace(frame_id=rollout.frame_id[..., :0])
        operations = operations_of(lambda: of.learner.update(rollout))
    return epochs * operations / rollout.reward.numel()


def product_rate(device: torch.device) -> float:
    """Floating-point operations per second of a large matrix product in float32."""
    side = MATRIX_SIDE[device.type]
    a, b = torch.randn(side, side, device=device), torch.randn(side, side, device=device)
    out = torch.empty_like(a)
    times = [seconds_of(lambda: torch.mm(a, b, out=out), device) for _ in range(8)]
    return 2 * side**3 / statistics.median(times[1:])
