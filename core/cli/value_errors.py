"""One line for a value of the wrong type, or for none: the key, the value, what it must be.

OmegaConf's own messages name its classes: "str is not a ListConfig, list or tuple".
"""

import re
from collections.abc import Sequence
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from omegaconf import Node
from omegaconf.errors import (
    ConfigTypeError,
    MissingMandatoryValue,
    OmegaConfBaseException,
    ValidationError,
)

from ..errors import UserError, first_line, printable
from .arguments import key_of_field
from .meanings import meanings

ONE = {int: "a whole number", float: "a number", bool: "true or false", str: "a name or text"}
MANY = {int: "whole numbers", float: "numbers", str: "names"}
FIT = {int: int, float: int | float, str: str | int | float}  # values that lists take
WRAPPED = "Error merging override "  # Hydra's, before the override as it was given
END = re.compile(r"\.\s+(?=[A-Z`])")  # of a sentence
LONGEST = 250  # characters of a meaning in a message
NO_LIST = "is not a ListConfig"


def of_omegaconf(error: OmegaConfBaseException, given: Sequence[str] = ()) -> str:
    """Describe an error of a value in one line.

    Args:
        error: OmegaConf's.
        given: Overrides that may have the value, such as `rows=k5_n10`.
    """
    key = _key(error)
    if key is None:
        return _of_list_in_list(error, given)
    name = key_of_field(key)
    if isinstance(error, MissingMandatoryValue):
        return f"{name} is missing; give {name}=...{_meaning(error)}"
    kind = _kind(error)
    must = _in_words(kind)
    if must is None or not isinstance(error, ValidationError | ConfigTypeError):
        return f"{name}: {first_line(error)}"
    must = _own_rule(name, kind, error) or f"it must be {must}{_example(name, kind, error)}"
    as_given = [each.partition("=")[2] for each in given if each.partition("=")[0] == key]
    if as_given:
        return printable(f"{name} is {as_given[-1]}; {must}")
    if isinstance(error, ConfigTypeError):  # which does not say the value
        return f"{name} has another type; {must}"
    verb = "has" if "[" in str(error.full_key) else "is"
    return printable(f"{name} {verb} {_shown(_value(error))}; {must}")


def override_of(error: BaseException) -> str | None:
    """The override that Hydra names in its error; None if it names none."""
    line = (str(error).splitlines() or [""])[0]
    return line.removeprefix(WRAPPED) if line.startswith(WRAPPED) else None


def _of_list_in_list(error: OmegaConfBaseException, given: Sequence[str]) -> str:
    """The line for an error of which OmegaConf says no key, as of a list within a list."""
    lists = [each for each in given if each.partition("=")[2][:1] == "["]
    if len(lists) == 1 and NO_LIST in str(error):
        key, _, value = lists[0].partition("=")
        return printable(f"{key} is {value}; it must be a list of lists")
    keys = ", ".join(each.partition("=")[0] for each in lists)
    return f"{keys}: {first_line(error)}" if keys else first_line(error)


def _key(error: OmegaConfBaseException) -> str | None:
    """The key; None if OmegaConf knows but an index of a list."""
    known = (error.full_key, error.key)
    found = next((each for each in known if each and isinstance(each, str)), None)
    return None if found is None else found.partition("[")[0]


def _kind(error: OmegaConfBaseException) -> Any:
    """The declared type of the key; None if it is not known."""
    if is_dataclass(error.object_type):
        return _hints(error.object_type).get(str(error.key))
    kind = error.ref_type
    for _ in range(str(error.full_key).count("[") - 1):  # the type is of a list within
        kind = list[kind]
    return kind if get_origin(kind) is list else None


def _hints(schema: Any) -> dict[str, Any]:
    try:
        return get_type_hints(schema)
    except Exception:  # of a plug-in, whose types may be names that only its checker knows
        return {}


def _in_words(kind: Any) -> str | None:
    """A type in words; None for one that has none here."""
    if _is_optional(kind):
        words = _in_words(_without_none(kind))
        return words and f"{words}, or null"
    if is_dataclass(kind):
        return "a group of settings"
    many = _many(get_args(kind)[0]) if get_origin(kind) is list else None
    return f"a list of {many}" if many else ONE.get(kind)


def _many(kind: Any) -> str | None:
    if get_origin(kind) is list:
        many = _many(get_args(kind)[0])
        return many and f"lists of {many}"
    return MANY.get(kind)


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType) and _without_none(kind) is not None


def _without_none(kind: Any) -> Any:
    """The other type of `X | None`; None for other unions."""
    others = [each for each in get_args(kind) if each is not NoneType]
    return others[0] if len(others) == 1 else None


def _own_rule(name: str, kind: Any, error: OmegaConfBaseException) -> str | None:
    """The rule of the class itself for a text, which may name choices; None if it has none."""
    make: Any = error.object_type
    if kind is not str:
        return None
    try:
        make(**{str(error.key): _shown(_value(error))})
    except UserError as refused:
        begun, _, rule = str(refused).partition("; ")
        return rule if begun.startswith(f"{name} is ") else None
    except Exception:  # of a plug-in's class
        return None
    return None


def _example(name: str, kind: Any, error: OmegaConfBaseException) -> str:
    """An example: the value as a list, the keys of a group, or the meaning of a text."""
    kind = _without_none(kind) if _is_optional(kind) else kind
    if is_dataclass(kind):
        return f": {name}.KEY=..."
    if kind is str:
        return _meaning(error)
    if get_origin(kind) is not list or "[" in str(error.full_key):
        return ""
    fit, value = FIT.get(get_args(kind)[0]), _value(error)
    fits = fit is not None and isinstance(value, fit) and not isinstance(value, bool)
    return f": {name}=[{_shown(value)}]" if fits else ""


def _meaning(error: OmegaConfBaseException) -> str:
    """The first sentence of the key's meaning, in brackets; empty if it has none."""
    schema = error.object_type
    text = meanings(schema).get(str(error.key), "") if isinstance(schema, type) else ""
    sentence = END.split(text)[0].rstrip(".")
    return f" ({sentence})" if 0 < len(sentence) <= LONGEST else ""


def _value(error: OmegaConfBaseException) -> Any:
    """The value that was refused; of a preset it is a node."""
    value = getattr(error, "value", None)
    return value._value() if isinstance(value, Node) else value


def _shown(value: Any) -> str:
    """A value as it is written on the command line."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value) or "''"
