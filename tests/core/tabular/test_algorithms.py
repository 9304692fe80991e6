"""Algorithms of a user's: each has a column of its own, and a score for each action."""

from typing import Any

import pytest
import torch

import rl2_mazes as rl2
from rl2_mazes.bandits.algorithms.base import ArmAgent
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.tabular.algorithms import AlgorithmRegistry
from rl2_mazes.mdps.algorithms.base import MDPAgent
from rl2_mazes.mdps.suite import MDPSuite

NAN = float("nan")


class Mine(ArmAgent):
    """The posterior mean, changed by a subclass."""

    changed = staticmethod(lambda mean: mean)

    def index(self, counts, rng):
        return self.changed(self.mean(counts))


class Planned(MDPAgent):
    """No plan."""

    def make_plan(self, memory, rng):
        return memory.plan * NAN


def test_two_algorithms_of_one_title_are_refused():
    registry = AlgorithmRegistry("algorithm of bandits")
    registry.algorithm("mine", "My algorithm")(Mine)
    with pytest.raises(
        UserError, match=r"Planned registers .* title 'My algorithm', which .*:Mine "
    ):
        registry.algorithm("yours", "My algorithm")(Planned)
    assert list(registry) == ["mine"]
    registry.algorithm("yours", "Yours")(Planned)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "its title is ''; it must be the heading of its column in tables"),
        ({"tunes": "c"}, r"its tunes is 'c' and its grid \(\); give both or neither"),
        ({"grid": [1.0]}, r"its tunes is None and its grid \(1.0,\); give both or neither"),
        (
            {"tunes": "c", "grid": [1.0]},
            r"it takes \(.*\); it is called as \(suite, device=..., c=...\)",
        ),
    ],
)
def test_what_no_algorithm_may_be(changes, message):
    registry = AlgorithmRegistry("algorithm of bandits")
    with pytest.raises(UserError, match=rf":Mine cannot be the algorithm .*'mine': {message}"):
        registry.algorithm("mine", **({"title": "My algorithm"} | changes))(Mine)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mean: mean * NAN, r"Mine: index returned NaN; it must return a number for each"),
        (lambda mean: mean[:, :2], r"Mine: index returned \[3, 2\]; it must return a tensor \[3"),
        (lambda mean: torch.cat((mean, mean), 1), r"index returned \[3, 10\]; it must return"),
        (lambda mean: None, "index returned NoneType; it must return a tensor"),
    ],
)
def test_an_index_is_a_number_for_each_arm(change, message, monkeypatch):
    monkeypatch.setattr(Mine, "changed", staticmethod(change))
    suite: Any = BanditSuite(5, 10)
    with pytest.raises(UserError, match=message):
        rl2.run_trials(Mine(suite), suite, num_trials=3)


def test_values_are_numbers():
    suite: Any = MDPSuite()
    with pytest.raises(UserError, match="Planned: values returned NaN; it must return a number"):
        rl2.run_trials(Planned(suite), suite, num_trials=3)
