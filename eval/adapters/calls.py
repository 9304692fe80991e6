"""Calls of code from outside, whose exceptions become one line with their place."""

import traceback
from collections.abc import Callable
from typing import Any

from ...core.errors import UserError, message


class OutsideError(UserError):
    """A mistake of code from outside, in a line that names it."""


class UnfitError(UserError):
    """An agent whose observations or actions are not the suite's."""


def call(what: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call code from outside; an exception in it becomes one line with its place.

    Args:
        what: The call in words, for the message.
        function: Called with the arguments.
        arguments: Of the function.
        options: Its arguments by name.

    Raises:
        OutsideError: The function raised something, `sys.exit` too.
    """
    try:
        return function(*arguments, **options)
    except (OutsideError, UnfitError, MemoryError):
        raise
    except UserError as error:  # which says all but the name
        raise OutsideError(f"{what}: {error}") from error
    except (Exception, SystemExit) as error:
        text = " ".join(f"{type(error).__name__}: {message(error)}".split()).rstrip(": ")
        raise OutsideError(f"{what} raised {text} ({_place(error)})") from error


def set_greedy(agent: Any, what: str) -> None:
    """Set an agent's attribute `greedy`.

    Raises:
        UserError: It cannot be set.
    """
    try:
        agent.greedy = True
    except Exception as error:
        raise OutsideError(
            f"{what} has an attribute greedy that cannot be set ({message(error)}); make it "
            "writable, or leave greedy actions out"
        ) from error


def _place(error: BaseException) -> str:
    """File and line of the last call outside installed libraries."""
    calls = traceback.extract_tb(error.__traceback__)[1:]
    own = [each for each in calls if "site-packages" not in each.filename] or calls
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else "in a call to it"
