"""The error of a user's mistake."""


class UserError(ValueError):
    """Something the user can mend. Its message is one line: key, value, rule, remedy.

    Programs print it and end with exit code 2; any other error is a bug and keeps its traceback.
    """


class SimulatorError(UserError):
    """A simulator that cannot be kept running; what was learnt before is worth saving."""
