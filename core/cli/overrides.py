"""Overrides as Hydra may have them: `key=value` and `group=preset` of this program, and no others.

Hydra accepts more than a program of plain dataclasses can mean: keys that are added or deleted,
groups of other programs, groups without a name. Each would be ignored or end in a traceback.
"""

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString, ValueType

from ..errors import UserError
from ..registries.groups import GROUPS
from .arguments import is_override, key_of_field
from .composition import CONF, REGISTRIES

DEFAULT = re.compile(r"^ *- (?:override )?/?(\w+): (\S+)", re.M)  # an entry of a defaults list
ADDED = {"sweep", "recipe"}  # groups that +GROUP= adds to a training
HYDRA = re.compile(r"hydra[./]")
NESTED = tuple(each.kind for each in GROUPS if "/" in each.kind)  # groups within groups


def settle(name: str, schema: type, arguments: Sequence[str]) -> list[str]:
    """The arguments, with overrides in the form that Hydra checks most strictly.

    `+key=` and `++key=` mean `key=`, and `group=null` means no more than the default where that is
    null.

    Args:
        name: The program's primary configuration.
        schema: Dataclass of its keys.
        arguments: Of the command line.

    Raises:
        UserError: An override is none of this program's.
        OverrideParseException: An override cannot be parsed.
    """
    parser = OverridesParser.create()
    settled = []
    for argument in arguments:
        if is_override(argument):
            (override,) = parser.parse_overrides([argument])
            argument = _settled(argument, override, name, schema)
        if argument:
            settled.append(argument)
    return settled


def groups(name: str) -> dict[str, str]:
    """The groups of presets that a program chooses from, with their defaults."""
    text = (CONF / f"{name}.yaml").read_text(encoding="utf-8")
    return {
        group: default
        for group, default in DEFAULT.findall(text)
        if (CONF / group).is_dir() and group != "hydra"
    }


def _settled(argument: str, override: Override, name: str, schema: type) -> str | None:
    key = override.key_or_group
    if not key:
        raise UserError(f"{argument!r} names no key; settings are given as key=value")
    if HYDRA.match(key):
        if "/" in key:
            _require_presets(key, override)
        return argument
    if override.is_delete():
        raise UserError(
            f"{argument} would delete a key; leave it out for its default, or give another value"
        )
    own = groups(name)
    nested = key in NESTED and key.partition("/")[0] in own
    if key in own or nested or (name == "train" and key in ADDED):
        if override.value() is None and own.get(key) == "null":
            return None
        _require_presets(key, override)
        if key == "sweep" and override.is_sweep_override():
            raise UserError(f"{argument} names several sweeps; run one after the other")
        return argument
    if (CONF / key).is_dir() and key not in {each.name for each in fields(schema)}:
        keys = [*own, *(key_of_field(each.name) for each in fields(schema))]
        raise UserError(
            f"there is no key {key} in this program; its keys are {', '.join(dict.fromkeys(keys))}"
        )
    return argument.lstrip("+")


def _require_presets(key: str, override: Override) -> None:
    """Raise unless the value is the name of a preset, or several of a sweep."""
    value: Any = override.value()
    if override.value_type == ValueType.GLOB_CHOICE_SWEEP:
        return
    chosen = value.list if override.is_choice_sweep() else [value]
    if not all(isinstance(each, str | QuotedString) for each in chosen):
        given = override.input_line.partition("=")[2] if override.input_line else value
        known = ", ".join(choosable(key)) or "see --help"
        raise UserError(f"{key} is {given}; choose from {known}")


def presets(group: str, conf: Path = CONF) -> list[str]:
    """Names of the presets of a group, the project's or those in another folder."""
    folder = conf / group
    found = (file.relative_to(conf).with_suffix("").as_posix() for file in folder.rglob("*.yaml"))
    return sorted(each.removeprefix(f"{group}/") for each in found if group_of(each) == group)


def choosable(group: str, own: Path | None = None) -> list[str]:
    """Choices of a group: presets, those in the user's own folder, entries of plug-ins."""
    names = {*presets(group), *(presets(group, own) if own else ())}
    if group in REGISTRIES:
        names |= set(REGISTRIES[group].plugins())
    return sorted(names)


def group_of(preset: str) -> str:
    """The group of a preset's path, such as agent/memory/gru or suite/mazes/walk_small."""
    own = (each for each in NESTED if preset.startswith(f"{each}/"))
    return next(own, preset.partition("/")[0])
