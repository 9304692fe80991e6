"""Errors of a user's mistake, and errors in one line."""

import importlib
import traceback
from pathlib import Path

IMPORTING = str(Path(importlib.__file__).parent), "<frozen"  # Python's own, between ours and theirs


class UserError(ValueError):
    """Something the user can mend. Its message is one line: key, value, rule, remedy.

    Programs print it and end with exit code 2; any other error is a bug and keeps its traceback.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type if it has none."""
    return printable((message(error).splitlines() or [type(error).__name__])[0])


def message(error: BaseException) -> str:
    """An error's message; none if its own class cannot tell."""
    try:
        return str(error)
    except Exception:  # of a stranger's __str__
        return ""


def printable(text: str) -> str:
    """The text with line ends, terminal codes and other control characters as escapes.

    Values, paths and other libraries' messages may hold them.
    """
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


class SimulatorError(UserError):
    """A simulator that cannot be kept running; what was learnt before is worth saving."""


def described(error: BaseException, nowhere: str = "") -> str:
    """Type, message, file and line of an error, such as of a plug-in.

    Args:
        error: With its traceback.
        nowhere: Words for the place of one that has none.
    """
    given = error.msg if isinstance(error, SyntaxError) else message(error)
    text = " ".join(f"{type(error).__name__}: {given}".split()).rstrip(": ")
    place = place_of(error) or nowhere
    return f"{text} ({place})" if place else text


def place_of(error: BaseException) -> str:
    """File and line of the last call outside installed libraries, below the one that caught it.

    Empty if the error has no place, as that of a call with wrong arguments.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    calls = [
        each
        for each in traceback.extract_tb(error.__traceback__)[1:]
        if not each.filename.startswith(IMPORTING)
    ]
    own = [each for each in calls if "site-packages" not in each.filename] or calls
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else ""
