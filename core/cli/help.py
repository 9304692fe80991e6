"""Help of a program, from the docstrings of its module and of its keys' dataclass."""

import inspect
import re
import sys
import textwrap
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from omegaconf import MISSING

from ..registries.choice import choices
from .arguments import key_of_field
from .composition import CONF
from .meanings import meanings
from .overrides import NESTED, choosable

WIDTH = 100
OPTIONS = """\
Options: --cfg job (print every setting and stop), --multirun (sweep), --version,
         --config-dir DIR (presets of your own), plugins=[my_package] (load plug-ins)"""
CHOSEN = ("suite", "engine", "learner", "experiment")  # from a group; agent= may be a path
GROUPS = (*CHOSEN, "agent")
SHOWN = re.compile(r"- (?:override )?/?(\w+):")  # an entry of a defaults list


class Key(NamedTuple):
    """One key of a program."""

    name: str
    default: str
    meaning: str


def help_text(name: str, schema: type, own: Path | None = None) -> str:
    """The help of a program.

    Args:
        name: The program's primary configuration.
        schema: Dataclass of its keys.
        own: The user's folder of presets.
    """
    lines = [inspect.cleandoc(sys.modules[schema.__module__].__doc__ or ""), "", *key_table(schema)]
    return "\n".join([*lines, "", *_choices(name, own), OPTIONS])


def key_table(schema: type) -> list[str]:
    """Lines that list the keys of a program with their meanings and defaults."""
    keys = keys_of(schema)
    width = max(len(key.name) for key in keys)
    lines = ["Keys:"]
    for key in keys:
        text = key.meaning + (f" [{key.default}]" if key.default else "")
        indent = " " * (width + 4)
        lines.append(
            textwrap.fill(
                text, WIDTH, initial_indent=f"  {key.name:{width}}  ", subsequent_indent=indent
            )
        )
    return lines


def keys_of(schema: type) -> list[Key]:
    """The keys of a program, with their defaults and the class's `Attributes` as meanings."""
    known = meanings(schema)
    keys = []
    for each in fields(schema):
        default = each.default
        if default is NO_DEFAULT and each.default_factory is not NO_DEFAULT:
            default = each.default_factory()
        shown = "required" if default in (MISSING, NO_DEFAULT) else _shown(default)
        if each.name in choices(schema):
            shown = default.kind  # type: ignore[union-attr]
        default = "" if each.name in CHOSEN else shown
        keys.append(Key(key_of_field(each.name), default, known.get(each.name, "")))
    return keys


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "[" + ",".join(map(_shown, value)) + "]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _choices(name: str, own: Path | None) -> list[str]:
    """The groups of presets that the program chooses from."""
    lines = []
    for group in SHOWN.findall((CONF / f"{name}.yaml").read_text(encoding="utf-8")):
        if group not in GROUPS:
            continue
        for each in (group, *(each for each in NESTED if each.partition("/")[0] == group)):
            lines += [
                f"{each}=",
                textwrap.fill(
                    ", ".join(choosable(each, own)),
                    WIDTH,
                    initial_indent="  ",
                    subsequent_indent="  ",
                ),
                "",
            ]
    return lines
