"""The table, letter by letter."""

import json

from rl2_mazes.eval.reports.markdown.episode_table import table
from rl2_mazes.mazes.published import SMALL

FIGURES = {
    "trials": 1000,
    "success": [0.994, 1.0],
    "success_ci": [[0.987, 0.9973], [0.9962, 1.0]],
    "length": [12.62, 10.4],
    "length_ci": [[12.3, 12.94], [10.2, 10.6]],
    "spl": [0.7, 0.81],
    "spl_ci": [[0.69, 0.71], [0.8, 0.8204]],
    "shortest_length": [8.26, 8.26],
    "pairs": 994,
    "length_ratio": 0.824,
    "length_ratio_ci": [0.8, 0.85],
    "not_longer": 0.91,
    "not_longer_ci": [0.89, 0.926],
    "shorter": 0.5,
    "shorter_ci": [0.47, 0.53],
    "equal": 0.41,
    "longer": 0.09,
    "gap_closed": 0.509,
    "gap_closed_ci": [0.45, 0.56],
    "gap_trials": 640,
    "gap_closed_all": 0.49,
    "gap_closed_all_ci": [0.43, 0.55],
}


def test_plain_text():
    assert table(FIGURES).splitlines() == [
        "episode  success %            length of successes  SPL",
        "1        99.4 [98.7, 99.7]    12.6 ± 0.3           0.700 [0.690, 0.710]",
        "2        100.0 [99.6, 100.0]  10.4 ± 0.2           0.810 [0.800, 0.820]",
        "",
        "length of episode 2 over episode 1: 0.824 [0.800, 0.850], "
        "in 994 of 1000 trials that succeed in both",
        "episode 2 no longer than episode 1: 91.0 [89.0, 92.6] % of trials",
        "strictly shorter: 50.0 [47.0, 53.0] % of trials, equal 41.0, longer 9.0",
        "share of the possible gain: 50.9 [45.0, 56.0] %, in the 640 of them in which episode 1 "
        "was not the shortest way; over all trials 49.0 [43.0, 55.0]",
        "steps of the shortest way, by episode: 8.3, 8.3",
    ]


def test_published_results_stand_beside():
    lines = table(FIGURES, SMALL).splitlines()
    assert lines[0].split() == [
        *("episode", "success", "%", "length", "of", "successes", "SPL"),
        *("RL²", "SNAIL", "random", "walk"),
    ]
    assert lines[1].endswith("52.4 ± 1.3 (99.3 %)  50.3 ± 0.3  188.6")
    assert lines[5].endswith("(RL² 91.7)")
    assert lines[9].startswith("RL²: Duan et al. 2016")


def test_markdown():
    lines = table(FIGURES, SMALL[:1], markdown=True).splitlines()
    assert lines[0] == "| episode | success % | length of successes | SPL | RL² |"
    assert lines[1] == "| --- | --- | --- | --- | --- |"
    assert lines[2] == (
        "| 1 | 99.4 [98.7, 99.7] | 12.6 ± 0.3 | 0.700 [0.690, 0.710] | 52.4 ± 1.3 (99.3 %) |"
    )
    assert all(line.startswith("- ") for line in lines[5:])


def test_undefined_figures_say_none_and_json_keeps_the_table():
    nothing = FIGURES | {
        "length": [None, 10.0],
        "length_ci": [None, None],
        "spl_ci": [None, None],
        "length_ratio": None,
        "length_ratio_ci": None,
        "gap_closed": None,
        "gap_closed_ci": None,
        "gap_trials": 0,
        "pairs": 0,
    }
    text = table(nothing)
    lines = text.splitlines()
    assert lines[1].split()[-2:] == ["none", "0.700"]
    assert lines[2].split()[-2:] == ["10.0", "0.810"]
    assert "over episode 1: none, in 0 of 1000" in text
    assert "possible gain: none, in the 0 of them" in text
    assert table(json.loads(json.dumps(nothing))) == text


def test_without_an_oracle_there_is_no_spl():
    known = {
        name: FIGURES[name] for name in FIGURES if not name.startswith(("spl", "gap", "shortest"))
    }
    lines = table(known).splitlines()
    assert lines[0].split()[-1] == "successes"
    assert len(lines) == 7


def test_single_episodes_have_no_gain():
    figures = {key: FIGURES[key] for key in ("trials", "success", "success_ci", "length")}
    figures["length_ci"] = FIGURES["length_ci"]
    assert len(table(figures).splitlines()) == 3


def test_more_episodes_than_were_published():
    lists = [key for key, value in FIGURES.items() if isinstance(value, list) and len(value) == 2]
    by_episode = [key for key in lists if key.split("_ci")[0] in ("success", "length", "spl")]
    figures = FIGURES | {key: FIGURES[key][:1] * 6 for key in by_episode}
    lines = table(figures, SMALL[:1]).splitlines()
    assert lines[5].endswith("43.9 ± 1.1 (99.6 %)")
    assert lines[6].endswith("0.700 [0.690, 0.710]")
