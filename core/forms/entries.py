"""Forms of entries: each check says in words what keeps an object from being an entry, or None."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from .calls import unfit_signature

Check = Callable[[Any], str | None]


def settings_with(method: str, *members: str, takes: tuple[str, ...] = ()) -> Check:
    """Check for a dataclass of settings, each with a default, that has these members.

    Args:
        method: Its method, which is called with `takes`.
        members: Its other members.
        takes: Arguments of the method, by position; if empty, they are not checked.
    """

    def problem(entry: Any) -> str | None:
        if not isinstance(entry, type) or not is_dataclass(entry):
            return f"it is not a dataclass of settings with a method {method}"
        for each in fields(entry):
            if each.default is MISSING and each.default_factory is MISSING:
                return f"its field {each.name} has no default"
        known = {*dir(entry), *(each.name for each in fields(entry))}
        missing = [each for each in members if each not in known]
        if problem := _missing_method(entry, (method,)):
            return problem
        if missing:
            return f"it has no {missing[0]}"
        wrong = takes and _misfit(getattr(entry, method), ("self", *takes))
        return f"its method {method} takes {wrong}" if wrong else None

    return problem


def class_with(*methods: str) -> Check:
    """Check for a class that has these methods."""

    def problem(entry: Any) -> str | None:
        if not isinstance(entry, type):
            return f"it is not a class with a method {methods[0]}"
        return _missing_method(entry, methods)

    return problem


def function_of(*arguments: str) -> Check:
    """Check for a function that can be called with these arguments, by position."""

    def problem(entry: Any) -> str | None:
        if not callable(entry) or isinstance(entry, type):
            return "it is not a function"
        wrong = _misfit(entry, arguments)
        return f"it takes {wrong}" if wrong else None

    return problem


def made_by(kind: type, decorator: str) -> Check:
    """Check for an entry of a class of ours, which a decorator makes."""

    def problem(entry: Any) -> str | None:
        return None if isinstance(entry, kind) else f"it is registered by @{decorator}(...)"

    return problem


def _misfit(function: Callable, arguments: tuple[str, ...]) -> str | None:
    """A function's signature and the call that does not fit it, or None."""
    signature = unfit_signature(function, *arguments)
    return signature and f"{signature}; it is called as ({', '.join(arguments)})"


def _missing_method(entry: type, methods: tuple[str, ...]) -> str | None:
    missing = [each for each in methods if not callable(getattr(entry, each, None))]
    return f"it has no method {missing[0]}" if missing else None
