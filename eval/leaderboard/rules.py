"""Rules that tracks have for settings and trainings: a test of a value, and the test in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """A test of a value, and the test in words."""

    words: str
    test: Callable[[Any], bool]


def only(*values: Any) -> Rule:
    """One of some values."""
    words = " or ".join(show(each) for each in values if each is not None)
    return Rule(words or "none", lambda value: value in values)


def at_least(number: float | int, most: float | int = 100_000) -> Rule:
    """A number from a least to a most."""
    return Rule(
        f"from {number} to {most:,}",
        lambda value: isinstance(value, int | float) and number <= value <= most,
    )


def all_of(*values: Any) -> Rule:
    """A list that holds nothing but these values."""
    words = " or ".join(map(str, values))
    return Rule(f"{words} alone", lambda value: bool(value) and set(value) <= set(values))


def show(value: Any) -> str:
    """A value as it stands in a submission."""
    return str(value).lower() if isinstance(value, bool) else str(value)


STATED = Rule("stated", lambda value: value is not None)
