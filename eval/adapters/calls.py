"""Calls of code from outside, whose exceptions become one line with their place."""

from collections.abc import Callable
from typing import Any

import torch

from ...core.errors import UserError, described, message


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
    except (OutsideError, UnfitError, MemoryError, torch.OutOfMemoryError):
        raise
    except UserError as error:  # which says all but the name
        raise OutsideError(f"{what}: {error}") from error
    except (Exception, SystemExit) as error:
        raise OutsideError(f"{what} raised {described(error, 'in a call to it')}") from error


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
