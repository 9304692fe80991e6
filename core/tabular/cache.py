"""Cache of tables that take seconds to compute, in the user's cache folder."""

import contextlib
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import UserError
from ..storage.files import replacing
from ..storage.user_cache import cache_folder

_ONE_AT_A_TIME = threading.Lock()


def cached(name: str, compute: Callable[[], Tensor]) -> Tensor:
    """The table `name` from the cache; computed and stored where it is missing or damaged.

    A file appears whole or not at all, so that two processes may compute the same table; threads
    wait for each other. Where the folder cannot be written to, the table is computed each time.
    """
    path = cache_folder() / f"{name}.npz"
    with _ONE_AT_A_TIME:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return torch.from_numpy(arrays["table"])
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
            table = compute()
        with contextlib.suppress(OSError, UserError):
            _store(table, path)
        return table


def _store(table: Tensor, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        np.savez(partial, table=table.numpy())
