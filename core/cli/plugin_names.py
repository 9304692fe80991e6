"""Plug-ins that the user names: `plugins=[...]`, `GROUP=package.module:Name`, and in own presets.

A module is imported only if it is named in one of these places, see `core.registries.plugins`.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import OverrideParseException

from ..errors import UserError
from ..registries import plugins
from ..registries.dotted import is_dotted
from .arguments import config_dir, is_override, key_of, overrides
from .composition import REGISTRIES, enter
from .overrides import groups

KEY = "plugins"


def take(program: str, arguments: Sequence[str]) -> list[str]:
    """Load what is named, and return the arguments without `plugins=`.

    Args:
        program: Its primary configuration.
        arguments: Of the command line.

    Raises:
        UserError: A plug-in cannot be loaded.
    """
    for each in plugins.named():
        with contextlib.suppress(UserError):  # perhaps a value of an earlier program, as a path
            plugins.name_modules([each])
    for argument in arguments:
        if key_of(argument) == KEY and is_override(argument):
            plugins.name_modules(_list_of_names(argument))
    others = [each for each in arguments if key_of(each) != KEY or not is_override(each)]
    for group, name in _chosen(program, others):
        plugins.name([name])
        enter(group, name)
    folder = config_dir(others)
    for group, name in _chosen_in(folder) if folder else ():
        plugins.name([name])
        with contextlib.suppress(UserError):  # raised again if that preset is chosen
            enter(group, name)
    return others


def _list_of_names(argument: str) -> list[str]:
    value: Any = OverridesParser.create().parse_overrides([argument])[0].value()
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise UserError(
            f"{argument} is no list of modules; say plugins=[my_package.my_module], or "
            "plugins=[my_package.my_module:Name]"
        )
    return names


def _chosen(program: str, arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Group and dotted name of every choice of an object on the command line."""
    own = groups(program)  # elsewhere `agent=` is no group
    for argument in overrides(arguments):
        group = key_of(argument)
        if group not in REGISTRIES or group.partition("/")[0] not in own or ":" not in argument:
            continue
        with contextlib.suppress(OverrideParseException):  # an error of its own, later
            (override,) = OverridesParser.create().parse_overrides([argument])
            value: Any = override.value()
            for each in value.list if override.is_choice_sweep() else [value]:
                if is_dotted(each):
                    yield group, each


def _chosen_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Group and dotted name of every choice of an object in a folder of presets.

    A choice is an entry of a defaults list: `schema/NAME@_here_`, `/agent: NAME`,
    `override /agent/memory: NAME`.
    """
    for file in sorted(folder.rglob("*.yaml")):
        with contextlib.suppress(OSError, ValueError, yaml.YAMLError):  # Hydra's to complain about
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
            entries = content.get("defaults", []) if isinstance(content, dict) else []
            own = file.parent.relative_to(folder).as_posix()
            for entry in entries if isinstance(entries, list) else []:
                pairs = entry.items() if isinstance(entry, dict) else [("", entry)]
                for key, value in pairs:
                    yield from _choice(own, str(key), value)


def _choice(folder: str, key: str, value: Any) -> Iterator[tuple[str, str]]:
    """The choice of one entry of the defaults list of a preset in a folder."""
    if not isinstance(value, str):
        return
    path = f"{key.split()[-1].partition('@')[0]}/{value}" if key else value.partition("@")[0]
    path = path.lstrip("/") if path.startswith("/") else f"{folder}/{path}"
    group, _, name = path.rpartition("/")
    group = group.removesuffix("/schema")
    if is_dotted(name) and group in REGISTRIES:
        yield group, name
