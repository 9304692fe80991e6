"""Settings of one program that another asks for: the same checks, the same errors of one line."""

from collections.abc import Sequence
from typing import TypeVar

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from ..errors import UserError
from . import arguments as command_line
from . import plugin_names
from .composition import compose, settings_of
from .errors import one_line
from .overrides import settle

S = TypeVar("S")


def read_settings(name: str, schema: type[S], arguments: Sequence[str], key: str) -> S:
    """The settings of one run of a program, as its command line would give them.

    Args:
        name: The program's primary configuration.
        schema: Dataclass of its keys.
        arguments: Overrides; a later one wins, and options are refused.
        key: Of the program that asks, for errors.

    Raises:
        UserError: The program would refuse them; its own line after the key.
    """
    given = list(arguments)
    try:
        if options := command_line.options(given):
            raise UserError(f"{options[0]!r} is no setting; settings are given as key=value")
        given = plugin_names.take(name, given)
        given = settle(name, schema, command_line.read(name, schema, given))
        for each in OverridesParser.create().parse_overrides(given):
            if each.is_sweep_override():
                raise UserError(f"{each.input_line} has several values; give one")
        return settings_of(compose(name, schema, given))
    except (UserError, HydraException, OmegaConfBaseException) as error:
        raise UserError(f"{key}: {one_line(error, name, given)}") from error
