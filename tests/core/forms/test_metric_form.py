"""A metric of the wrong form is refused when it is registered, in one line."""

from dataclasses import fields
from typing import Any

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.forms.metric import INPUTS
from rl2_mazes.core.metrics import MetricRegistry
from rl2_mazes.eval.metrics.episode import Episode


def mine(episode, rng):
    """A figure."""


RIGHT: dict[str, Any] = {
    "name": "mine",
    "title": "my figure",
    "unit": "ratio",
    "direction": "higher",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "trials"}, "results have another key of that name; give it another name"),
        ({"name": "seed"}, "results have another key of that name"),
        ({"name": "success_ci"}, "a name that ends in _ci, _low, _high is of an interval"),
        ({"name": ""}, "its name is ''; it must be a word"),
        ({"title": " "}, "its title is ' '; it must be the heading of its column"),
        ({"unit": "percent"}, "its unit is 'percent'; it must be one of share, ratio, steps"),
        ({"direction": "up"}, "its direction is 'up'; it must be one of higher, lower, None"),
        ({"interval": "magic"}, "its interval is 'magic'; it must be one of Wilson, Student, boo"),
        ({"needs": ["nonsense"]}, "its needs is 'nonsense'; it must be one of actions, poses"),
        ({"needs": "actions"}, r"its needs is 'actions'; it must be a list of names, such as"),
        ({"needs": 3}, "its needs is 3; it must be a list of names"),
        ({"compares": True}, r"takes \(episode, rng\); it is called as \(first, later, rng\)"),
    ],
)
def test_what_no_metric_may_be(changes, message):
    registry = MetricRegistry("metric")
    with pytest.raises(UserError, match=rf"test_metric_form:mine cannot be the metric.*{message}"):
        registry.metric(**(RIGHT | changes))(mine)
    assert not registry.all()


def test_a_right_one_is_taken():
    registry = MetricRegistry("metric")
    registry.metric(**RIGHT, interval="Student", needs=["poses"])(mine)
    assert registry.get("mine").needs == ("poses",)


def test_what_may_be_missing_from_an_episode_may_be_needed():
    optional = {each.name for each in fields(Episode) if each.default is None}
    assert set(INPUTS) == optional | {"wall_penalty"}
