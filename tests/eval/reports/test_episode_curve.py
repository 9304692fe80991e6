"""The curve by episode: its band is the figures' intervals."""

import numpy as np
from support.recorded import log_of_lengths as log

from rl2_mazes.eval.evaluate import episodes_to_film
from rl2_mazes.eval.metrics.summary import summary
from rl2_mazes.eval.reports.markdown.episode_curve import curve, draw_episode_curve
from rl2_mazes.eval.reports.markdown.evaluation import in_rows


def test_the_band_is_that_of_the_figures():
    figures = summary(log([[9, 6, 5], [11, 8, 5]]))
    episodes, values, low, high = curve(figures, "length_all")
    assert episodes == [1, 2, 3]
    assert values == [10, 7, 5]
    assert (low[2], high[2]) == (5, 5)
    assert low[0] < 10 < high[0]
    assert (low[0], high[0]) == figures["length_all_ci"][0]


def test_the_band_of_one_trial_is_the_line():
    _, values, low, high = curve(summary(log([[9, 6, 5]])), "length_all")
    assert values == low == high == [9, 6, 5]


def test_another_length_is_another_picture():
    few, many = (draw_episode_curve(summary(log([[9, k, 5], [9, k, 6]]))) for k in (6, 9))
    assert few.shape == many.shape
    assert few.shape[2] == 3
    assert (few != many).any()


def test_long_trials_are_filmed_at_four_places():
    assert episodes_to_film(1) == [0]
    assert episodes_to_film(5) == [0, 1]
    assert episodes_to_film(20) == [0, 1, 4, 19]


def test_maps_of_many_episodes_stand_in_rows():
    maps = [np.full((2, 3, 3), k + 1, np.uint8) for k in range(7)]
    picture = in_rows(maps, 5)
    assert picture[::2, ::3, 0].tolist() == [[1, 2, 3, 4, 5], [6, 7, 0, 0, 0]]
    assert in_rows(maps[:2], 5)[0, ::3, 0].tolist() == [1, 2]
