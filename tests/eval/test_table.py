"""The table, letter by letter."""

import json

from eval.table import table
from mazes.published import SMALL

FIGURES = {
    "trials": 1000,
    "success": [0.994, 1.0],
    "success_ci": [[0.987, 0.9973], [0.9962, 1.0]],
    "length": [12.62, 10.4],
    "length_ci": [[12.3, 12.94], [10.2, 10.6]],
    "pairs": 994,
    "ratio": 0.824,
    "ratio_ci": [0.8, 0.85],
    "improved": 0.91,
    "improved_ci": [0.89, 0.926],
}


def test_plain_text():
    assert table(FIGURES).splitlines() == [
        "episode  success %            length of successes",
        "1        99.4 [98.7, 99.7]    12.6 ± 0.3",
        "2        100.0 [99.6, 100.0]  10.4 ± 0.2",
        "",
        "length of episode 2 over episode 1: 0.824 [0.800, 0.850], "
        "in 994 of 1000 trials that succeed in both",
        "episode 2 no longer than episode 1: 91.0 [89.0, 92.6] % of trials",
    ]


def test_published_results_stand_beside():
    lines = table(FIGURES, SMALL).splitlines()
    assert lines[0].split() == [
        *("episode", "success", "%", "length", "of", "successes"),
        *("RL²", "SNAIL", "random", "walk"),
    ]
    assert lines[1].endswith("52.4 ± 1.3 (99.3 %)  50.3 ± 0.3  188.6")
    assert lines[5].endswith("(RL² 91.7)")
    assert lines[6].startswith("RL²: Duan et al. 2016")


def test_markdown():
    lines = table(FIGURES, SMALL[:1], markdown=True).splitlines()
    assert lines[0] == "| episode | success % | length of successes | RL² |"
    assert lines[1] == "| --- | --- | --- | --- |"
    assert lines[2] == "| 1 | 99.4 [98.7, 99.7] | 12.6 ± 0.3 | 52.4 ± 1.3 (99.3 %) |"
    assert all(line.startswith("- ") for line in lines[5:])


def test_undefined_figures_say_none_and_json_keeps_the_table():
    nothing = FIGURES | {
        "length": [None, 10.0],
        "length_ci": [None, None],
        "ratio": None,
        "ratio_ci": None,
        "pairs": 0,
    }
    text = table(nothing)
    assert text.splitlines()[1].endswith("none")
    assert text.splitlines()[2].endswith("10.0")
    assert "over episode 1: none, in 0 of 1000" in text
    assert table(json.loads(json.dumps(nothing))) == text


def test_single_episodes_have_no_gain():
    figures = {key: FIGURES[key] for key in ("trials", "success", "success_ci", "length")}
    figures["length_ci"] = FIGURES["length_ci"]
    assert len(table(figures).splitlines()) == 3


def test_more_episodes_than_were_published():
    figures = FIGURES | {
        key: FIGURES[key][:1] * 6 for key in ("success", "success_ci", "length", "length_ci")
    }
    lines = table(figures, SMALL[:1]).splitlines()
    assert lines[5].endswith("43.9 ± 1.1 (99.6 %)")
    assert lines[6].endswith("12.6 ± 0.3")
