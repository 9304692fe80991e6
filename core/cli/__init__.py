"""Command line of the programs: Hydra's dialect, errors of one line, sweeps."""

from .composition import CONF, compose
from .program import run

__all__ = ["CONF", "compose", "run"]
