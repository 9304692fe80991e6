"""Command line of the programs: Hydra's dialect, errors of one line, sweeps."""

from .arguments import key_of_field
from .composition import CONF, compose
from .program import run

__all__ = ["CONF", "compose", "key_of_field", "run"]
