"""The interface of a training's logs. A new one is one file, opened in `RunFolder.open_logs`."""

from typing import Protocol


class Logger(Protocol):
    """Takes the metrics of each iteration."""

    def log(self, steps: int, metrics: dict[str, float]) -> None:
        """Add the metrics after `steps` agent steps."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


def tag(name: str) -> str:
    """Name of a metric's chart, in a group: episodes, learner, or the row of a mixture."""
    if "/" in name:
        return name
    group = "episodes" if name.startswith(("length", "success", "trial_return")) else "learner"
    return f"{group}/{name}"
