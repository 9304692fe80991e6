"""Checks of what an environment is given, before a kernel reads or writes memory by it.

Shapes and dtypes are checked on every device. Values are checked on a CPU alone, since reading them
from a GPU would wait for it.
"""

import torch
from torch import Tensor

from .array_checks import require_actions, require_shape

INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def checked_actions(action: Tensor, num_envs: int) -> Tensor:
    """Actions of all environments, [B] int64, contiguous.

    Raises:
        ValueError: The actions have another length, are no integers, or are none of
            `mazes.rules.ACTION_NAMES`.
    """
    _require_integers("actions", action, num_envs)
    if action.device.type == "cpu":
        require_actions(action.numpy())  # faster than torch on a few numbers
    return action.long().contiguous()


def checked_mask(mask: Tensor, num_envs: int) -> Tensor:
    """A mask of environments, [B] bool, contiguous.

    Raises:
        ValueError: It has another length, or is not boolean.
    """
    require_shape("mask", mask, num_envs)
    if mask.dtype != torch.bool:
        raise ValueError(f"mask is of {mask.dtype}; it must be of torch.bool")
    return mask.contiguous()


def checked_tasks(tasks: Tensor, mask: Tensor, num_mazes: int) -> Tensor:
    """Indices of mazes, [B] int64, contiguous, checked where `mask` [B].

    Raises:
        ValueError: They have another length than the mask, or are no integers.
        IndexError: There is no such maze.
    """
    _require_integers("tasks", tasks, len(mask))
    if tasks.device.type == "cpu":
        wrong = tasks[mask & ((tasks < 0) | (tasks >= num_mazes))]
        if len(wrong):
            raise IndexError(f"task {wrong[0].item()} is none of the mazes 0 .. {num_mazes - 1}")
    return tasks.long().contiguous()


def _require_integers(what: str, given: Tensor, num_envs: int) -> None:
    require_shape(what, given, num_envs)
    if given.dtype not in INTEGERS:
        raise ValueError(f"{what} are of {given.dtype}; they must be integers")


def require_open(is_open: bool) -> None:
    """Raise unless an environment is still open.

    Raises:
        RuntimeError: `close` was called.
    """
    if not is_open:
        raise RuntimeError("the environment is closed; make another one")
