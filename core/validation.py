"""Rules for the numbers of a configuration, declared where its fields are.

    @dataclass
    class Settings:
        lr: float = positive(7e-4)
        epochs: int = count(3)

        def __post_init__(self):
            check(self, "learner")

Every number is finite and of a size that arrays and 64-bit generators can take, also one without a
rule of its own. An error names the key, its value and the rule.
"""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from .errors import UserError

RULE = "rule"
LARGEST_COUNT = 2**31 - 1
LARGEST_SEED = (
    2**31 - 1
)  # torch reads 32 bits of a seed: larger ones would repeat the draws of others
LARGEST_NUMBER = 1e9


@dataclass(frozen=True)
class Rule:
    """An interval of numbers.

    Attributes:
        least: Lowest value.
        most: Highest value.
        open_below: Whether `least` itself is excluded.
        open_above: Whether `most` itself is excluded.
        narrow: Whether an error names both ends; otherwise the one that was crossed.
    """

    least: float = -LARGEST_NUMBER
    most: float = LARGEST_NUMBER
    open_below: bool = False
    open_above: bool = False
    narrow: bool = False

    def broken_by(self, value: Any) -> str | None:
        """The rule in words, for a value that breaks it; else None."""
        if not isinstance(value, int | float) or not math.isfinite(value):
            return "it must be a finite number"
        too_low = value <= self.least if self.open_below else value < self.least
        too_high = value >= self.most if self.open_above else value > self.most
        if not (too_low or too_high):
            return None
        if self.narrow:
            left, right = "[("[self.open_below], "])"[self.open_above]
            return f"it must be in {left}{self.least}, {self.most}{right}"
        if too_low:
            return f"it must be {'above' if self.open_below else 'at least'} {self.least}"
        return f"it must be {'below' if self.open_above else 'at most'} {self.most:,}"


@dataclass(frozen=True)
class Fixed:
    """A value that no configuration may change."""

    value: Any

    def broken_by(self, value: Any) -> str | None:
        """The rule in words, for a value that breaks it; else None."""
        return None if value == self.value else f"it cannot be set; it is {self.value}"


ANY_INT = Rule(-LARGEST_COUNT, LARGEST_COUNT)
ANY_NUMBER = Rule()


def count(default: Any, least: int = 1, most: int = LARGEST_COUNT) -> Any:
    """A whole number, or a list of them."""
    return _declared(default, Rule(least, most))


def positive(default: Any) -> Any:
    """A number above 0."""
    return _declared(default, Rule(0, open_below=True))


def at_least(least: float, default: Any) -> Any:
    """A number that is not below another."""
    return _declared(default, Rule(least))


def share(default: Any, below_one: bool = False, above_zero: bool = False) -> Any:
    """A number from 0 to 1; without 1, or without 0, if asked."""
    return _declared(default, Rule(0, 1, above_zero, below_one, narrow=True))


def seed(default: Any = 0) -> Any:
    """A seed: whole, not negative, of 31 bits."""
    return _declared(default, Rule(0, LARGEST_SEED))


def fixed(default: Any) -> Any:
    """A value that is part of the type."""
    return _declared(default, Fixed(default))


def check(settings: Any, group: str = "") -> None:
    """Check every number of a configuration against its rule.

    Args:
        settings: An instance of a dataclass. `None` is accepted where a field may be absent.
        group: Prefix of the keys in errors.

    Raises:
        UserError: A value breaks its rule.
    """
    prefix = f"{group}." if group else ""
    for each in fields(settings):
        value = getattr(settings, each.name)
        if each.type == list[str] and not all(isinstance(name, str) for name in value):
            raise UserError(f"{prefix}{each.name} is {value}; it must be a list of names")
        rule = each.metadata.get(RULE)
        for number in _numbers(value) if rule is None else _entries(value):
            of_its_type = ANY_INT if isinstance(number, int) else ANY_NUMBER
            if must := (rule or of_its_type).broken_by(number):
                raise UserError(f"{prefix}{each.name} is {value}; {must}")


def _numbers(value: Any) -> list[Any]:
    """A number alone, or those in a list and in lists of it."""
    if isinstance(value, list | tuple):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _entries(value: Any) -> list[Any]:
    """The values that a rule holds for: the entries of lists, or the value unless it is absent."""
    if isinstance(value, list | tuple):
        return [entry for each in value for entry in _entries(each)]
    return [] if value is None else [value]


def _declared(default: Any, rule: Rule | Fixed) -> Any:
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata={RULE: rule})
    return field(default=default, metadata={RULE: rule})
