"""Several processes that train one agent: who they are, and sums over all of them.

torchrun says so in variables, and submitit in a job of several tasks, on Slurm or on its local
stand-in. Any other program is a world of one, where all of this does nothing.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class World:
    """The processes of a training.

    Attributes:
        rank: This process, 0 .. size - 1; 0 writes logs and checkpoints.
        size: How many there are.
        local_rank: This process among those of its machine, which picks its GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0


@contextmanager
def join_world(device_type: str) -> Iterator[World]:
    """Joins the other processes, for as long as the context lasts.

    Args:
        device_type: `cuda` also talks over NCCL; tensors on the CPU go over gloo.
    """
    _ask_submitit()
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or dist.is_initialized():
        yield current_world()
        return
    dist.init_process_group("cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo")
    try:
        yield current_world()
    finally:
        dist.destroy_process_group()


def _ask_submitit() -> None:
    """Sets what torchrun would, in a job of submitit's with several tasks.

    Slurm's own variables are not asked: they are also set where a program runs once, by hand.
    """
    if "SUBMITIT_EXECUTOR" not in os.environ or "WORLD_SIZE" in os.environ:
        return
    from submitit import JobEnvironment
    from submitit.helpers import TorchDistributedEnvironment

    job = JobEnvironment()
    if job.num_tasks == 1:
        return
    TorchDistributedEnvironment().export(set_cuda_visible_devices=False)
    if job.num_nodes == 1:
        os.environ["MASTER_ADDR"] = "127.0.0.1"  # a machine need not know its own name


def current_world() -> World:
    """The world that this process has joined, or that of one."""
    if not (dist.is_available() and dist.is_initialized()):
        return World()
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    return World(dist.get_rank(), dist.get_world_size(), local_rank)


def global_mean(x: Tensor) -> Tensor:
    """The mean of x over all processes, entry by entry; x itself in a world of one."""
    world = current_world()
    if world.size == 1:
        return x
    total = x.detach().clone()
    dist.all_reduce(total)
    return total / world.size


def mean_metrics(metrics: dict[str, float]) -> dict[str, float]:
    """The mean of each number over all processes, which must all have the same names."""
    if current_world().size == 1:
        return metrics
    means = global_mean(torch.tensor(list(metrics.values()), dtype=torch.float64))
    return dict(zip(metrics, means.tolist(), strict=True))


def gather(x: Any) -> list[Any]:
    """What every process gives, in the order of ranks; CPU tensors and plain values."""
    world = current_world()
    everyones: list[Any] = [None] * world.size
    if world.size == 1:
        return [x]
    dist.all_gather_object(everyones, x)
    return everyones


def barrier() -> None:
    """Waits for every process."""
    if current_world().size > 1:
        dist.barrier()


def any_process(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set in any process."""
    if current_world().size == 1:
        return flag
    return bool(global_mean(torch.tensor(float(flag), device=device)) > 0)


def data_parallel(agent: nn.Module) -> nn.Module:
    """The agent, such that a backward pass averages gradients over all processes."""
    if current_world().size == 1:
        return agent
    from torch.nn.parallel import DistributedDataParallel

    return DistributedDataParallel(agent)
