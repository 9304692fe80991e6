"""Run a program: its command line, in Hydra's dialect, becomes one dataclass.

A mistake that the user can mend ends the program with one line that names the key or file and the
remedy, and exit code 2. HYDRA_FULL_ERROR=1 shows where it was raised. Any other error is a bug and
keeps its traceback.
"""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from hydra.errors import HydraException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from ..errors import UserError
from ..process import open_standard_streams
from ..programs import version_text
from . import arguments as command_line
from . import plugin_names
from .composition import register, run_hydra, settings_of
from .errors import one_line, out_of_memory
from .help import help_text
from .overrides import settle
from .own_presets import require_other_names
from .plugin_errors import of_plugin
from .sweep import is_sweep, run_sweep

FULL_ERROR = "HYDRA_FULL_ERROR"
S = TypeVar("S")


def run(name: str, schema: type[S], body: Callable[[S], float | None]) -> int | None:
    """Run a program with `sys.argv`.

    A field `agent_path` or `suite_name` of the schema is the key `agent` or `suite` on the command
    line, see `core.cli.arguments.FIELDS`.

    Args:
        name: The program's primary configuration, conf/<name>.yaml.
        schema: Dataclass of its keys; the docstrings of the class and of its module are the help.
        body: The program, called with an instance of `schema`; in a sweep, once a job. It may
            return an exit code, and in a sweep the number that Optuna's sweeper optimises.

    Returns:
        The exit code, if `body` returned one.
    """
    open_standard_streams()
    given = sys.argv[1:]
    if "--version" in given:
        print(version_text())
        return 0
    before = os.environ.get(FULL_ERROR, "0")
    os.environ[FULL_ERROR] = "1"  # Hydra raises its errors instead of printing them
    bug: list[Exception] = []
    try:
        if folder := command_line.config_dir(given):
            require_other_names(folder)
        given = plugin_names.take(name, given)
        if command_line.HELP & set(given):
            print(help_text(name, schema, folder))
            return 0
        register(name, schema, folder)
        given = settle(name, schema, command_line.read(name, schema, given))
        if is_sweep(given):
            return run_sweep(name, schema, body, given)
        return _run_once(name, body, given, bug)
    except KeyboardInterrupt:
        sys.exit(130)
    except (UserError, HydraException, OmegaConfBaseException) as error:
        if error in bug or before not in ("", "0"):
            raise
        print(f"error: {one_line(error, name, given)}", file=sys.stderr)
        sys.exit(2)
    finally:
        os.environ[FULL_ERROR] = before


def _run_once(
    name: str, body: Callable[[S], float | None], arguments: list[str], bug: list[Exception]
) -> int | None:
    """Run one job and raise its error, which Hydra would announce with a line of its own.

    Args:
        name: The program's primary configuration.
        body: The program.
        arguments: For Hydra.
        bug: Takes an error of `body` that is not the user's.
    """
    codes: list[float | None] = []
    errors: list[Exception] = []

    def job(config: DictConfig) -> None:
        try:
            codes.append(body(settings_of(config)))
        except Exception as error:
            errors.append(error)

    run_hydra(name, job, arguments)
    if errors:
        if text := out_of_memory(errors[0]):
            raise UserError(text) from errors[0]
        if not isinstance(errors[0], UserError):
            if text := of_plugin(errors[0]):
                raise UserError(text) from errors[0]
            bug += errors
        raise errors[0]
    return next((code for code in codes if isinstance(code, int)), None)
