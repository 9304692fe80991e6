"""Errors of code from outside the project in one line, with file and line."""

import importlib
import traceback
from pathlib import Path

from .errors import message

IMPORTING = str(Path(importlib.__file__).parent), "<frozen"  # Python's own, between ours and theirs


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
