"""Command line of the programs: Hydra's dialect, errors of one line, sweeps."""

from collections.abc import Iterator
from contextlib import contextmanager

from .composition import CONF, compose
from .program import run

__all__ = ["CONF", "compose", "run"]


@contextmanager
def usage_errors() -> Iterator[None]:
    """Nothing: checks raise `UserError` themselves. To be deleted with its last caller."""
    yield
