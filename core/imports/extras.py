"""Optional packages: an error names the extra of this project that installs them."""

from importlib import import_module
from types import ModuleType

from ..errors import UserError

EXTRAS = {  # of pyproject.toml, by the package that is imported
    "gymnasium": "gym",
    "huggingface_hub": "hub",
    "sb3_contrib": "bench",
    "stable_baselines3": "bench",
    "submitit": "slurm",
    "wandb": "wandb",
}


def import_extra(name: str, key: str) -> ModuleType:
    """Import a module of an optional package.

    Args:
        name: Module, of a package in `EXTRAS`.
        key: Who needs it, the subject of the error's sentence.

    Raises:
        UserError: The package is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if text := missing_extra(error):
            raise UserError(f"{key} needs {text}") from error
        raise


def missing_extra(error: ImportError) -> str | None:
    """The missing package and the command that installs it; None if it is of no extra."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS or not isinstance(error, ModuleNotFoundError):
        return None
    return f"{package}, which is not installed: pip install 'rl2-mazes[{EXTRAS[package]}]'"
