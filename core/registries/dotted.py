"""Objects named by `package.module:Name`, wherever they are installed."""

import os
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from ..errors import UserError, described

PART = r"[^\W\d]\w*"
MODULE = re.compile(rf"{PART}(\.{PART})*")
EXAMPLE = "my_package.my_module"
FORM = re.compile(rf"{MODULE.pattern}:{MODULE.pattern}")


def is_dotted(name: object) -> bool:
    """Whether a name has the form `package.module:Name`."""
    return isinstance(name, str) and FORM.fullmatch(name) is not None


def load(name: str) -> Any:
    """Import a module and return the object that it holds under a name.

    Importing runs the module's code: call this with names that the user gave, never with a name
    that a file from elsewhere holds. The current folder is searched too, after what is installed.

    Args:
        name: `package.module:Name`; the part after the colon may lead on, as in `Class.method`.

    Raises:
        UserError: The name has another form; or its package, module or attribute does not exist,
            and the message says which, and the nearest name; or the import raises.
    """
    if not is_dotted(name):
        module = _module_of(name) or EXAMPLE
        raise UserError(f"{name!r} is not of the form package.module:Name; say {module}:Name")
    search_here()
    module, _, path = name.partition(":")
    found: Any = load_module(module)
    for part in path.split("."):
        if not hasattr(found, part):
            owner = f"module {module}" if isinstance(found, ModuleType) else f"{found!r}"
            public = [each for each in dir(found) if not each.startswith("_")]
            raise UserError(f"{name}: {owner} has no {part!r}{_hint(part, public)}")
        found = getattr(found, part)
    return found


def search_here() -> None:
    """Let modules be found in the current folder too, after what is installed."""
    folder = os.getcwd()
    if "" not in sys.path and folder not in sys.path:
        sys.path.append(folder)


def is_users_module(name: str) -> bool:
    """Whether a module or package lies in the current folder; nothing is imported."""
    file = Path(*name.split("."))
    is_name = MODULE.fullmatch(name) is not None
    return is_name and (file.with_suffix(".py").is_file() or (file / "__init__.py").is_file())


def load_module(name: str) -> ModuleType:
    """Import a module by its dotted name, with the errors of `load`."""
    if MODULE.fullmatch(name) is None:
        module = _module_of(name) if name.endswith(".py") else None
        hint = f"; say {module}" if module else f", such as {EXAMPLE}"
        raise UserError(f"{name!r} is not the name of a module{hint}")
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        _import(".".join(parts[:end]), name)
    return sys.modules[name]


def _import(module: str, name: str) -> None:
    """Import a package, or a module whose package is imported, on the way to `name`."""
    parent, _, last = module.rpartition(".")
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:  # something that the module itself imports
            raise UserError(_failure(name, module, error)) from error
        if not parent:
            known = [each.name for each in iter_modules()]
            remedy = f"pip install it, or start in the folder that holds {module}/"
            raise UserError(
                f"{name}: there is no package {module!r}{_hint(module, known)}; {remedy}"
            ) from error
        path = getattr(sys.modules[parent], "__path__", None)
        if path is None:
            hint = f"; say {name.replace('.py', '', 1)}" if last == "py" else ""
            raise UserError(f"{name}: {parent} is a module and holds no others{hint}") from error
        known = [each.name for each in iter_modules(path)]
        raise UserError(
            f"{name}: package {parent} has no module {last!r}{_hint(last, known)}"
        ) from error
    except UserError as error:  # such as of a name that it registers
        raise UserError(f"{name}: {error}") from error
    except (Exception, SystemExit) as error:
        raise UserError(_failure(name, module, error)) from error


def _failure(name: str, module: str, error: BaseException) -> str:
    return f"{name}: importing {module} raises {described(error)}"


def _module_of(name: str) -> str | None:
    """The module of a file's path, or of a name with more after a colon; None if it has none."""
    file = name.partition(":")[0].removesuffix(".py").strip("./").replace("/", ".")
    return file if MODULE.fullmatch(file) else None


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
