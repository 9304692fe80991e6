"""Errors that plug-ins raise, in one line with their place."""

import traceback

from ..errors import first_line
from ..registries import plugins


def of_plugin(error: BaseException) -> str | None:
    """A line for an error that passed through a plug-in's code; None for any other.

    Args:
        error: With its traceback.
    """
    packages = plugins.packages()
    places = [
        f"{frame.f_code.co_filename}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] in packages
    ]
    if not places:
        return None
    text = first_line(error)
    kind = type(error).__name__
    raised = kind if text == kind else f"{kind}: {text}"
    return f"{places[-1]}, of a plug-in, raised {raised}; HYDRA_FULL_ERROR=1 shows the traceback"
