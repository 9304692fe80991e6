"""Write docs/reference/commands.md from the programs' configuration dataclasses.

    python docs/site/command_reference.py

A test compares the page with what this writes.
"""

import dataclasses
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from rl2_mazes.core.cli.help import keys_of
from rl2_mazes.core.cli.overrides import presets
from rl2_mazes.core.programs import PACKAGE, PROGRAMS, ROOT, summary
from rl2_mazes.core.registries.choice import choices
from rl2_mazes.core.registries.groups import AGENTS, ENGINES, LEARNERS, MEMORIES, SUITES
from rl2_mazes.core.registries.registry import Registry

PAGE = ROOT / "docs" / "reference" / "commands.md"
REQUIRED = "required"
INTRODUCTION = """# Commands

<!-- Written by docs/site/command_reference.py; do not edit. -->

Every program is `rl2 NAME key=value ...`, in [Hydra](https://hydra.cc)'s dialect. `rl2 NAME --help`
prints its keys, `--cfg job` every setting that would be used. `rl2-train` and `rl2-eval` are short
for `rl2 train` and `rl2 eval`. A list is `key=[a,b]`, nothing is `null`. `rl2 bench NAME` runs a
[benchmark](../guides/speed.md). `--config-dir DIR` adds presets of your own, and
`plugins=[my_package]` loads [plug-ins](../extending/plugins.md).
"""
GROUPS = {
    "suite": (SUITES, "Keys of a suite, as `suite.KEY=...`. Choose one with `suite=`."),
    "engine": (ENGINES, "Keys of the simulator of mazes, as `engine.KEY=...`."),
    "agent": (AGENTS, "Keys of the network, as `agent.KEY=...`, in `rl2 train`."),
    "agent/memory": (MEMORIES, "Keys of the memory, as `agent.memory.KEY=...`, in `rl2 train`."),
    "learner": (LEARNERS, "Keys of a learner, as `learner.KEY=...`, in `rl2 train`."),
}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, *map(program, PROGRAMS)]
    for group, (registry, text) in GROUPS.items():
        parts.append(f"## {group}=\n\n{text} Presets: {named(presets(group))}.\n")
        parts += [entry(group, name, schema) for name, schema in schemas(registry)]
    return "\n".join(parts)


def program(name: str) -> str:
    """The section of one program."""
    module = importlib.import_module(f"{PACKAGE}.{PROGRAMS[name]}")
    first = summary(PROGRAMS[name]).removeprefix("Main program: ")
    text = f"## rl2 {name}\n\n{first[0].upper()}{first[1:]}\n"
    return f"{text}\n{table(schema_of(module))}"


def schema_of(module: ModuleType) -> type:
    """The dataclass of a program's keys."""
    found = [
        each
        for name, each in vars(module).items()
        if name.endswith("Config")
        and dataclasses.is_dataclass(each)
        and each.__module__ == module.__name__
    ]
    return found[0]  # type: ignore[return-value]


def schemas(registry: Registry[type]) -> Iterator[tuple[str, type]]:
    """The dataclasses of a group, by name."""
    yield from sorted(registry.all().items())


def entry(group: str, name: str, schema: type) -> str:
    """The section of one dataclass of a group; nested dataclasses follow with dotted keys."""
    return f"### {group}: {name}\n\n{table(schema)}"


def table(schema: type) -> str:
    """A table of keys, defaults and meanings."""
    rows = [f"| `{name}` | {default} | {text} |" for name, default, text in rows_of(schema)]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows, ""])


def rows_of(schema: type, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Key, default and meaning of each field, at any depth."""
    defaults = {each.name: default_of(each) for each in dataclasses.fields(schema)}
    for key in keys_of(schema):
        value = defaults.get(key.name)
        chosen = key.name in choices(schema)  # from a group with a section of its own
        if dataclasses.is_dataclass(value) and not isinstance(value, type) and not chosen:
            yield from rows_of(type(value), f"{prefix}{key.name}.")
        elif key.name != "kind":
            shown = key.default if key.default in ("", REQUIRED) else f"`{key.default}`"
            yield prefix + key.name, shown, linked(key.meaning)


def default_of(field: Any) -> Any:
    """The default of a field; None if it is required."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def linked(text: str) -> str:
    """A meaning as a cell of a Markdown table."""
    return re.sub(r"\s+", " ", text).replace("|", r"\|")


def named(names: list[str]) -> str:
    """Names side by side, as code."""
    return ", ".join(f"`{name}`" for name in names)


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
