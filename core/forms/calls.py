"""Whether a function can be called in the way that it will be."""

import inspect
from collections.abc import Callable
from typing import Any


def unfit_signature(
    function: Callable[..., Any], *arguments: Any, **keywords: Any
) -> inspect.Signature | None:
    """A function's signature if it does not take these arguments; None if it does.

    Nothing is called. None also for builtins whose signature is unknown.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of a builtin
        return None
    try:
        signature.bind(*arguments, **keywords)
    except TypeError:
        return signature
    return None
