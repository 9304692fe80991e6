"""Errors of a user's mistake, and errors in one line."""


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
