"""Command-line arguments of benchmarks: `key=value`, as everywhere else."""

import difflib
import inspect
import sys
from dataclasses import fields
from typing import Any, TypeVar, cast

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rl2_mazes.core.cli.errors import of_omegaconf
from rl2_mazes.core.cli.help import key_table
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.validation import check

Settings = TypeVar("Settings")


def read(schema: type[Settings]) -> Settings:
    """Merge the command line into a dataclass of settings.

    `--help` prints the keys. A wrong key or value ends the program with one line and exit code 2.

    Args:
        schema: Dataclass of the settings, each with a default. Its docstring and its module's are
            the help.
    """
    if {"-h", "--help"} & set(sys.argv[1:]):
        about = inspect.cleandoc(sys.modules[schema.__module__].__doc__ or "")
        print("\n".join([about, "", *key_table(schema)]))
        sys.exit()
    try:
        return parse(schema, sys.argv[1:])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def parse(schema: type[Settings], arguments: list[str]) -> Settings:
    """The settings for these arguments.

    Raises:
        UserError: A key does not exist, or its value is of a wrong type or out of range.
    """
    known = [field.name for field in fields(cast(Any, schema))]
    for argument in arguments:
        key, equals, _ = argument.partition("=")
        if argument.startswith("-") or not equals:
            raise UserError(f"{argument} is no setting; settings are given as key=value")
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(known)}"
            raise UserError(f"there is no key {key}; {hint}")
    try:
        merged = OmegaConf.merge(OmegaConf.structured(schema), OmegaConf.from_dotlist(arguments))
        settings = OmegaConf.to_object(merged)
    except OmegaConfBaseException as error:
        raise UserError(of_omegaconf(error)) from error
    check(settings)
    return cast(Settings, settings)
