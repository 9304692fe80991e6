"""Labels by dead reckoning: where they are known, and that they are true there."""

import numpy as np
import pytest
import torch
from support.motion import record

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import LabelMaker
from rl2_mazes.mazes.reckoning.labels import NUM_LABELS, ReckonedLabels
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks


def make(recorded, period=1, hindsight=False):
    return ReckonedLabels(recorded.rules, recorded.success.shape[1], period, hindsight)


def seen(recorded):
    """True targets seen from the players, [T, B, 2], in the labels' unit."""
    ahead, left = (recorded.target - recorded.place) / 3
    cos, sin = np.cos(recorded.angle), np.sin(recorded.angle)
    return np.stack((ahead * cos + left * sin, left * cos - ahead * sin), -1)


def found_before(recorded, same_target=True):
    """Whether an earlier episode of the trial had success, [T, B]."""
    known, before = np.zeros(recorded.success.shape, bool), False
    for t, (first, success) in enumerate(
        zip(recorded.inputs[0].numpy(), recorded.success, strict=True)
    ):
        before = before & ~first
        known[t] = before
        before = (before | success) & same_target
    return known


def test_a_target_is_known_once_it_was_found(grid):
    labels = make(grid)(*grid.inputs).numpy()
    assert labels.shape == (*grid.success.shape, NUM_LABELS)
    assert not np.isnan(labels[..., :4]).any()
    known = ~np.isnan(labels[..., 4])
    assert np.array_equal(known, found_before(grid))
    assert known.sum() > 100
    np.testing.assert_allclose(labels[known][:, 4:], seen(grid)[known], atol=1e-5)


def test_in_hindsight_it_is_known_before(grid):
    labels = make(grid, hindsight=True)(*grid.inputs).numpy()
    known = ~np.isnan(labels[..., 4])
    assert (known & ~found_before(grid)).sum() > 200
    assert (known | ~found_before(grid)).all()
    np.testing.assert_allclose(labels[known][:, 4:], seen(grid)[known], atol=1e-5)
    assert known[grid.success].all()
    assert np.array_equal(labels[..., :4], make(grid)(*grid.inputs).numpy()[..., :4])


@pytest.mark.parametrize("new", ["num_starts", "num_targets"])
def test_a_new_start_or_target_is_unknown(new):
    recorded = record("grid", 120, 40, **{new: 2})
    assert recorded.success.sum() > 5
    assert np.isnan(make(recorded, period=2)(*recorded.inputs).numpy()[..., 4:]).all()
    labels = make(recorded, period=2, hindsight=True)(*recorded.inputs).numpy()
    known = ~np.isnan(labels[..., 4])
    assert known.any()
    np.testing.assert_allclose(labels[known][:, 4:], seen(recorded)[known], atol=1e-5)


def test_rollouts_continue_each_other_and_a_saved_state(grid):
    whole = make(grid)(*grid.inputs)
    one, other = make(grid), make(grid)
    head = one(*(x[:77] for x in grid.inputs))
    other.load_state_dict(one.state_dict())
    assert torch.equal(head.nan_to_num(7), whole[:77].nan_to_num(7))
    for labels in (one, other):
        tail = labels(*(x[77:] for x in grid.inputs))
        assert torch.equal(tail.nan_to_num(7), whole[77:].nan_to_num(7))


def test_the_suite_makes_them_for_its_own_movement():
    suite = MazeSuite(tasks=MazeTasks(num_targets=2), rules=MazeRules(movement="grid"))
    labels = suite.label_maker(3, "dead_reckoning")
    assert isinstance(labels, LabelMaker)
    assert suite.spaces.num_reckoned == NUM_LABELS
    assert labels.state_dict()["targets"].shape == (2, 2, 3)


def test_each_kind_of_labels_has_its_own_number_and_hindsight(grid):
    suite = MazeSuite(rules=grid.rules)
    spaces, num_envs = suite.spaces, grid.success.shape[1]
    made = {
        kind: suite.label_maker(num_envs, kind)(*grid.inputs)
        for kind in ("dead_reckoning", "hindsight", "visits", "paths")
    }
    more = {"visits": spaces.num_visits, "paths": spaces.num_paths}
    for kind, labels in made.items():
        assert labels.shape[-1] == spaces.num_reckoned + more.get(kind, 0)
        in_hindsight = bool(labels[..., 4].isfinite().sum() > found_before(grid).sum())
        assert in_hindsight == (kind in ("hindsight", "paths"))


@pytest.mark.parametrize("key", ["wall_penalty", "target_reward"])
def test_a_reward_without_walls_or_targets_is_refused(key):
    suite = MazeSuite(rules=MazeRules(**{key: 0.0}))
    with pytest.raises(UserError, match=rf"suite\.rules\.{key} is 0\.0; dead reckoning reads"):
        suite.label_maker(3, "dead_reckoning")
