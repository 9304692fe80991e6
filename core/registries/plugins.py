"""Plug-ins: modules outside the project that register entries, and who may name them.

Importing a module runs its code. So a module is imported only if

- an installed package declares it, as an entry point of the group `rl2_mazes.plugins`;
- the user names it: on the command line, in a folder of presets given by `--config-dir`, or in the
  environment variable RL2_MAZES_PLUGINS.

A checkpoint, a card or a run's configuration names entries too, but imports nothing: its names have
to be registered by then.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ..errors import UserError
from .dotted import is_dotted, load, load_module, search_here

GROUP = "rl2_mazes.plugins"
VARIABLE = "RL2_MAZES_PLUGINS"  # its value reaches the processes of a sweep and of torchrun
_loaded: set[str] = set()  # modules, and entry points by their values


def named() -> list[str]:
    """Modules, and objects by `package.module:Name`, that the user named."""
    return [each for each in os.environ.get(VARIABLE, "").split(",") if each]


def name(names: Iterable[str]) -> None:
    """Let modules be loaded with `load_all`, and objects by `Registry.get`.

    Args:
        names: As the user gave them; never from a file that may be a stranger's.
    """
    known = named()
    added = [each for each in dict.fromkeys(names) if each not in known]
    if added:
        os.environ[VARIABLE] = ",".join([*known, *added])


def name_modules(names: Iterable[str]) -> None:
    """As `name`; and the modules of the objects, which may be registered by names of their own.

    Raises:
        UserError: There is no such object; or its import raises.
    """
    for each in names:
        if is_dotted(each):
            load(each)
            name([each.partition(":")[0]])  # in the processes of a sweep too
        name([each])


def names_in(data: Any) -> Iterator[str]:
    """Every `package.module:Name` in nested plain data."""
    if isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from names_in(each)
    elif is_dotted(data):
        yield data


def packages() -> set[str]:
    """Packages, or modules outside of one, that are declared or that the user named."""
    declared = (each.value for each in entry_points(group=GROUP))
    found = {each.partition(":")[0].partition(".")[0] for each in (*declared, *named())}
    return found - {__name__.partition(".")[0]}  # an entry of ours may be named so, too


def load_all() -> None:
    """Import what is declared and named, once; each module registers its entries.

    Raises:
        UserError: An import raises; the message names the plug-in.
    """
    for each in entry_points(group=GROUP) if GROUP not in _loaded else ():
        _once(each.value, lambda each=each: _load_entry_point(each))
    _loaded.add(GROUP)
    for module in named():
        if not is_dotted(module):
            search_here()
            _once(module, lambda module=module: load_module(module))


def _once(key: str, load: Callable[[], object]) -> None:
    if key in _loaded:
        return
    _loaded.add(key)  # before, because its module may read a registry
    try:
        load()
    except UserError:
        _loaded.discard(key)
        raise


def _load_entry_point(entry_point: EntryPoint) -> None:
    try:
        load_module(entry_point.module)
    except UserError as error:
        package = entry_point.dist.name if entry_point.dist else "an unknown package"
        raise UserError(
            f"plug-in {entry_point.name} of {package}: {error}; mend it, or pip uninstall {package}"
        ) from error
