"""Mixtures of rows: what they hold, and what they refuse."""

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.suite import suite_of
from rl2_mazes.core.tabular.mixed_suite import MixedSuite


def test_rows_are_suites_of_their_own_sizes():
    suite = MixedSuite(["bandits/k5_n10", "bandits/k50_n100"])
    assert [each.spaces.num_actions for each in suite.suites] == [5, 50]
    assert suite_of({"kind": "mixed", "rows": suite.rows}) == suite


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "rows is empty"),
        (["bandits/k5_n10", "bandits/k5_n10"], "names bandits/k5_n10 twice"),
        (["bandits/k5_n10", "mdps/n10"], "rows mix bandits and mdps"),
        (["mazes/walk_small"], "it must be like bandits/k5_n10"),
        (["k5_n10"], "it must be like bandits/k5_n10"),
        (["bandits/small"], "'small' names no bandits"),
    ],
)
def test_what_cannot_be_mixed(rows, message):
    with pytest.raises(UserError, match=message):
        MixedSuite(rows)


def test_an_evaluation_is_of_one_row():
    suite = MixedSuite(["bandits/k5_n10", "bandits/k50_n100"])
    with pytest.raises(UserError, match="suite=bandits/k5_n10 or suite=bandits/k50_n100"):
        suite.evaluation_trial(10, 10, None, 0)
