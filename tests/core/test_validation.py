"""Numbers of configurations: each has a rule, and what breaks it is refused by key, in one line."""

import math
from dataclasses import dataclass, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import GROUPS
from rl2_mazes.core.validation import Rule, at_least, check, count, fixed, positive, seed, share

SETTINGS = [entry for registry in GROUPS for entry in registry.all().values()]
NUMBERS = [
    (settings, each)
    for settings in SETTINGS
    for each in fields(settings)
    if each.type in (int, float, int | None, float | None, "int", "float")
]


@dataclass
class Example:
    lr: float = positive(1.0)
    part: float = share(0.5, below_one=True)
    size: int = count(3, least=2)
    weight: float = at_least(0, 0.0)
    start: int = seed(0)
    free: float = 0.0
    sizes: list[int] = count([1, 2])  # noqa: RUF009


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("lr", 0, "group.lr is 0; it must be above 0"),
        ("lr", math.nan, "group.lr is nan; it must be a finite number"),
        ("part", 1.0, r"group.part is 1.0; it must be in \[0, 1\)"),
        ("size", 1, "group.size is 1; it must be at least 2"),
        ("size", 10**30, "it must be at most 2,147,483,647"),
        ("weight", -1e-9, "it must be at least 0"),
        ("weight", 1e308, "it must be at most"),
        ("start", -1, "group.start is -1; it must be at least 0"),
        ("start", 2**64, "it must be at most"),
        ("free", math.inf, "group.free is inf; it must be a finite number"),
        ("sizes", [3, 0], r"group.sizes is \[3, 0\]; it must be at least 1"),
        ("size", "many", "group.size is many; it must be a finite number"),
    ],
)
def test_rules(key, value, message):
    settings = Example()
    check(settings, "group")
    setattr(settings, key, value)
    with pytest.raises(UserError, match=message):
        check(settings, "group")


@given(st.floats() | st.integers(), st.floats(-10, 10), st.floats(0, 10), st.booleans())
def test_a_rule_accepts_its_interval_alone(value, least, width, open_below):
    rule = Rule(least, least + width, open_below=open_below)
    inside = math.isfinite(value) and least <= value <= least + width
    inside = inside and not (open_below and value == least)
    assert (rule.broken_by(value) is None) == inside


@pytest.mark.parametrize(
    ("settings", "each"), NUMBERS, ids=[f"{s.__name__}.{each.name}" for s, each in NUMBERS]
)
def test_no_number_of_any_configuration_may_be_nonsense(settings, each):
    """NaN, infinities and enormous numbers, in every field of every choice of every group."""
    for value in (math.nan, math.inf, -math.inf, 10**30, -(10**30)):
        made = settings()
        object.__setattr__(made, each.name, value)
        with pytest.raises(UserError) as error:
            made.__post_init__()
        assert each.name in str(error.value)
        assert "\n" not in str(error.value)


def test_a_kind_cannot_be_set():
    with pytest.raises(UserError, match=r"suite\.kind is nonsense; it cannot be set"):
        BanditSuite(kind="nonsense")


def test_an_absent_number_stays_absent():
    assert PPOSettings(target_kl=None).target_kl is None


def test_a_value_of_several_lines_is_shown_on_one():
    @dataclass
    class Settings:
        kind: str = fixed("mazes")

    with pytest.raises(UserError, match=r"^kind is a\\nb\\x1e; it cannot be set; it is mazes$"):
        check(Settings("a\nb\x1e"))
