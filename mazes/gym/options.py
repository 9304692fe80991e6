"""Options of `reset`: the maze of a trial, and in a batch the environments to reset."""

from typing import Any

import numpy as np

from ...core.errors import UserError

MAZE, RESET_MASK = "maze", "reset_mask"


def chosen_mazes(
    options: dict[str, Any] | None, num_envs: int, num_mazes: int
) -> np.ndarray | None:
    """Indices of the mazes that `options["maze"]` asks for.

    Args:
        options: Of `reset`; `maze` is one index or B of them, 0 .. N - 1.
        num_envs: B.
        num_mazes: N.

    Returns:
        [B] int64; None if the mazes are to be drawn.

    Raises:
        UserError: There is no such maze, or no such option.
    """
    given = options or {}
    if unknown := sorted(given.keys() - {MAZE, RESET_MASK}):
        raise UserError(f"reset has no option {unknown[0]!r}; its options are maze, reset_mask")
    if given.get(MAZE) is None:
        return None
    mazes = np.asarray(given[MAZE])
    if mazes.dtype.kind not in "iu" or mazes.shape not in ((), (num_envs,)):
        raise UserError(
            f"the option maze is {given[MAZE]!r}; it must be an index, or {num_envs} of them"
        )
    if ((mazes < 0) | (mazes >= num_mazes)).any():
        raise UserError(f"the option maze is {given[MAZE]!r}; it must lie in 0 .. {num_mazes - 1}")
    return np.broadcast_to(mazes.astype(np.int64), num_envs)


def chosen_envs(options: dict[str, Any] | None, num_envs: int) -> np.ndarray | None:
    """The environments that `options["reset_mask"]` asks for, [B] bool; None for all.

    Raises:
        UserError: It is no such mask, or it selects none.
    """
    mask = (options or {}).get(RESET_MASK)
    if mask is None:
        return None
    if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != (num_envs,):
        raise UserError(
            f"the option reset_mask is {mask!r}; it must be a numpy array of {num_envs} bool"
        )
    if not mask.any():
        raise UserError("the option reset_mask selects no environment; it must select at least one")
    return mask
