import math
from functools import cache

import pytest

from rl2_mazes.bandits.bayes_optimal import bayes_optimal_value, table_bytes
from rl2_mazes.bandits.suite import BanditSuite


@cache
def by_recursion(counts: tuple[tuple[int, int], ...], left: int) -> float:
    """The same value, one state at a time."""
    if left == 0:
        return 0.0
    values = []
    for arm, (wins, losses) in enumerate(counts):
        p = (1 + wins) / (2 + wins + losses)
        after_win = (*counts[:arm], (wins + 1, losses), *counts[arm + 1 :])
        after_loss = (*counts[:arm], (wins, losses + 1), *counts[arm + 1 :])
        values.append(
            p * (1 + by_recursion(after_win, left - 1))
            + (1 - p) * by_recursion(after_loss, left - 1)
        )
    return max(values)


@pytest.mark.parametrize(("num_arms", "num_pulls"), [(2, 1), (2, 2), (2, 9), (3, 5)])
def test_the_table_agrees_with_recursion(num_arms, num_pulls):
    value = bayes_optimal_value(num_arms, num_pulls)
    assert value == pytest.approx(by_recursion(((0, 0),) * num_arms, num_pulls), abs=1e-12)


def test_two_pulls_by_hand():
    # 1/2, then 2/3 after a win and the other arm's 1/2 after a loss.
    assert bayes_optimal_value(2, 2) == pytest.approx(1 / 2 + (2 / 3 + 1 / 2) / 2)


def test_too_large_a_table_is_an_error_with_its_size():
    with pytest.raises(ValueError, match=r"num_arms, num_pulls are 3, 100.*GiB"):
        bayes_optimal_value(3, 100)
    with pytest.raises(ValueError, match="at least 2 and 1"):
        bayes_optimal_value(1, 10)


def test_a_table_of_more_bytes_than_a_float_can_count_is_too_large():
    assert table_bytes(100, 100) == math.inf
    assert BanditSuite(100, 100).bayes_optimal() is None
