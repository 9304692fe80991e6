"""Data-parallel training of one agent in several processes.

torchrun sets their number and rank in environment variables; a submitit job of several tasks knows
them too, on Slurm or with its local executor. Any other program is a world of size one, in which
all of these functions do nothing.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from traceback import clear_frames
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class World:
    """The processes of a training.

    Attributes:
        rank: This process, 0 .. size - 1; 0 writes logs and checkpoints.
        size: Number of processes.
        local_rank: Rank among the processes of this machine; selects the GPU.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0


@contextmanager
def join_world(device_type: str) -> Iterator[World]:
    """Join the other processes for the duration of the context.

    Args:
        device_type: With `cuda`, NCCL is used beside gloo, which CPU tensors go over.
    """
    _export_submitit()
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1 or dist.is_initialized():
        yield current_world()
        return
    # A process may abort as it ends if threads of its group are left. They end with the last
    # reference to the group. Default arguments of this module are such references if it is imported
    # later, as DistributedDataParallel does.
    import_module("torch.distributed.nn.functional")

    dist.init_process_group("cpu:gloo,cuda:nccl" if device_type == "cuda" else "gloo")
    try:
        yield current_world()
    except BaseException as error:
        for each in _chain(error):
            clear_frames(each.__traceback__)  # their variables are such references, too
        raise
    finally:
        gc.collect()  # models that were wrapped, and refer to one another
        dist.destroy_process_group()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _export_submitit() -> None:
    """Set torchrun's variables in a submitit job of several tasks.

    Slurm's own variables are ignored: they are also set for a program that is run once, by hand.
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
        os.environ["MASTER_ADDR"] = "127.0.0.1"  # a machine may be unable to resolve its own name


def current_world() -> World:
    """The world that this process has joined, or a world of size one."""
    if not (dist.is_available() and dist.is_initialized()):
        return World()
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    return World(dist.get_rank(), dist.get_world_size(), local_rank)


def global_mean(x: Tensor) -> Tensor:
    """The elementwise mean of x over all processes; x itself in a world of size one."""
    world = current_world()
    if world.size == 1:
        return x
    total = x.detach().clone()
    dist.all_reduce(total)
    return total / world.size


def mean_metrics(metrics: dict[str, float]) -> dict[str, float]:
    """The mean of each number over all processes, which must have the same names."""
    if current_world().size == 1:
        return metrics
    means = global_mean(torch.tensor(list(metrics.values()), dtype=torch.float64))
    return dict(zip(metrics, means.tolist(), strict=True))


def gather(x: Any) -> list[Any]:
    """The objects of all processes by rank; CPU tensors and plain values."""
    world = current_world()
    if world.size == 1:
        return [x]
    objects: list[Any] = [None] * world.size
    dist.all_gather_object(objects, x)
    return objects


def barrier() -> None:
    """Wait for every process."""
    if current_world().size > 1:
        dist.barrier()


def any_process(flag: bool, device: torch.device) -> bool:
    """Return whether the flag is set in any process."""
    if current_world().size == 1:
        return flag
    return bool(global_mean(torch.tensor(float(flag), device=device)) > 0)


def data_parallel(agent: nn.Module) -> nn.Module:
    """Wrap an agent so that a backward pass averages gradients over all processes."""
    if current_world().size == 1:
        return agent
    from torch.nn.parallel import DistributedDataParallel

    return DistributedDataParallel(agent)
