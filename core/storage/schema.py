"""Files of plain data, read against a dataclass: JSON, lines of JSON, and YAML.

A file may come from another version, another program, a full disk, or a stranger. Whatever it
holds, reading it ends in the dataclass or in one line that names the file, the key and what is
expected there.
"""

import contextlib
import json
import types
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml

from ..errors import UserError, first_line
from .files import naming

NAMES = {dict: "an object", list: "a list", str: "text", int: "a whole number", float: "a number"}
NAMES |= {bool: "true or false", type(None): "null"}
MOST_DEPTH = 64


class SchemaError(UserError):
    """A file whose content is not what it should be."""


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises:
        UserError: It cannot be read, or is not JSON.
    """
    with naming(path, "read"), _damaged(path):
        return _of_depth(json.loads(path.read_text(encoding="utf-8")))


def read_json_lines(path: Path) -> list[Any]:
    """Content of a file with a JSON document a line, except one that a crash cut off."""
    with naming(path, "read"), _damaged(path):
        lines = path.read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, RecursionError):
            found.append(_of_depth(json.loads(line)))
    return found


def read_yaml(path: Path) -> Any:
    """Content of a YAML file, of plain data without aliases to itself; see `read_json`."""
    with naming(path, "read"), _damaged(path):
        return _of_depth(yaml.safe_load(path.read_text(encoding="utf-8")))


def parse(kind: Any, given: Any, where: str) -> Any:
    """Plain data as a type.

    Args:
        kind: A dataclass or named tuple; or a type made of those, plain types, lists, dictionaries
            and unions. Keys of a dataclass that the data lacks take their defaults.
        given: The data.
        where: File and key, for errors.

    Raises:
        SchemaError: The data is of another type.
    """
    if kind is Any:
        return given
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        for each in arguments:
            with contextlib.suppress(SchemaError):
                return parse(each, given, where)
        raise _wrong(where, given, " or ".join(map(_name, arguments)))
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return _record(kind, given, where)
    if origin in (list, Sequence, tuple):
        if not isinstance(given, list | tuple):
            raise _wrong(where, given, "a list")
        return [parse(arguments[0], each, f"{where}[{i}]") for i, each in enumerate(given)]
    if origin is dict:
        if not isinstance(given, dict):
            raise _wrong(where, given, "an object")
        return {
            parse(arguments[0], key, f"{where}: a key"): parse(arguments[1], each, f"{where}.{key}")
            for key, each in given.items()
        }
    if kind is float and isinstance(given, int) and not isinstance(given, bool):
        return given
    if not isinstance(given, kind) or (isinstance(given, bool) and kind is not bool):
        raise _wrong(where, given, _name(kind))
    return given


def _record(kind: Any, given: Any, where: str) -> Any:
    if not isinstance(given, dict):
        raise _wrong(where, given, "an object")
    hints = get_type_hints(kind)
    if is_dataclass(kind):
        needed = {
            each.name
            for each in fields(kind)
            if each.default is MISSING and each.default_factory is MISSING
        }
        hints = {each.name: hints[each.name] for each in fields(kind)}
    else:
        needed = set(kind._fields) - kind._field_defaults.keys()
    if missing := sorted(needed - given.keys()):
        raise SchemaError(f"{where} lacks {missing[0]}")
    if unknown := sorted(map(str, given.keys() - hints.keys())):
        raise SchemaError(f"{where} has an unknown key {unknown[0]}")
    build: Any = kind
    return build(**{key: parse(hints[key], each, f"{where}: {key}") for key, each in given.items()})


def _wrong(where: str, given: Any, wanted: str) -> SchemaError:
    shown = repr(given)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return SchemaError(f"{where} is {shown}; it must be {wanted}")


def _name(kind: Any) -> str:
    return NAMES.get(get_origin(kind) or kind, getattr(kind, "__name__", str(kind)))


@contextlib.contextmanager
def _damaged(path: Path):
    try:
        yield
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise SchemaError(f"{path} is damaged ({first_line(error)})") from error


def _of_depth(data: Any) -> Any:
    """The data, unless it is nested deeper than any file of ours, or holds itself."""
    level = [data]
    for _ in range(MOST_DEPTH):
        level = [
            each
            for parent in level
            if isinstance(parent, dict | list)
            for each in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(each, dict | list)
        ]
        if not level:
            return data
        if len(level) > 10**6:
            break
    raise ValueError(f"nested deeper than {MOST_DEPTH} levels")
