"""Errors of code from outside the project in one line, with file and line."""

import importlib
import traceback
from pathlib import Path

IMPORTING = str(Path(importlib.__file__).parent), "<frozen"  # Python's own, between ours and theirs


def described(error: BaseException) -> str:
    """Type, message, file and line of an error, such as of a plug-in."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    text = " ".join(f"{type(error).__name__}: {message}".split()).rstrip(": ")
    place = place_of(error)
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
