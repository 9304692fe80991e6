"""Tables of an evaluation, to the letter."""

import json
import re

from rl2_mazes.core.metrics import METRICS, Metric
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
        "episode  success, %           length of successes  SPL                   shortest path",
        "1        99.4 [98.7, 99.7]    12.6 ± 0.3           0.700 [0.690, 0.710]  8.3",
        "2        100.0 [99.6, 100.0]  10.4 ± 0.2           0.810 [0.800, 0.820]  8.3",
        "",
        "compared with episode 1      episode 2",
        "successful in both episodes  994",
        "length ratio                 0.824 [0.800, 0.850]",
        "not longer, %                91.0 [89.0, 92.6]",
        "shorter, %                   50.0 [47.0, 53.0]",
        "equal, %                     41.0",
        "longer, %                    9.0",
        "trials with a gap            640",
        "gap closed, %                50.9 [45.0, 56.0]",
        "gap closed, all trials, %    49.0 [43.0, 55.0]",
    ]


def test_published_results_stand_beside():
    lines = table(FIGURES, SMALL).splitlines()
    assert lines[0].endswith("shortest path  RL²                  SNAIL       random walk")
    assert lines[1].endswith("52.4 ± 1.3 (99.3 %)  50.3 ± 0.3  188.6")
    assert lines[4].split()[-1] == "RL²"
    assert lines[7].endswith("91.0 [89.0, 92.6]     91.7")
    assert lines[15].startswith("RL²: Duan et al. 2016")


def test_markdown():
    lines = table(FIGURES, SMALL[:1], markdown=True).splitlines()
    assert lines[0] == "| episode | success, % | length of successes | SPL | shortest path | RL² |"
    assert lines[1] == "| --- | --- | --- | --- | --- | --- |"
    assert lines[2] == (
        "| 1 | 99.4 [98.7, 99.7] | 12.6 ± 0.3 | 0.700 [0.690, 0.710] | 8.3 | 52.4 ± 1.3 (99.3 %) |"
    )
    assert lines[5] == "| compared with episode 1 | episode 2 | RL² |"
    assert lines[9] == "| not longer, % | 91.0 [89.0, 92.6] | 91.7 |"
    assert lines[-1].startswith("- RL²: Duan et al. 2016")


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
    assert lines[1].split()[-3:] == ["none", "0.700", "8.3"]
    assert lines[2].split()[-3:] == ["10.0", "0.810", "8.3"]
    assert lines[5:7] == ["successful in both episodes  0", "length ratio                 none"]
    assert lines[11:13] == ["trials with a gap            0", "gap closed, %                none"]
    assert table(json.loads(json.dumps(nothing))) == text


def test_without_shortest_paths_there_is_no_spl():
    known = {n: FIGURES[n] for n in FIGURES if not n.startswith(("spl", "gap", "shortest"))}
    lines = table(known).splitlines()
    assert lines[0].split()[-1] == "successes"
    assert len(lines) == 11


def test_single_episodes_compare_with_nothing():
    figures = {key: FIGURES[key] for key in ("trials", "success", "success_ci", "length")}
    figures["length_ci"] = FIGURES["length_ci"]
    assert len(table(figures).splitlines()) == 3


def test_more_episodes_than_were_published():
    lists = [key for key, value in FIGURES.items() if isinstance(value, list) and len(value) == 2]
    by_episode = ("success", "length", "spl", "shortest_length")
    by_episode = [key for key in lists if key.split("_ci")[0] in by_episode]
    figures = FIGURES | {key: FIGURES[key][:1] * 6 for key in by_episode}
    figures["later"] = [{**FIGURES, "episode": k, "length_ratio": k / 10} for k in (3, 4, 5, 6)]
    lines = table(figures, SMALL[:1]).splitlines()
    assert lines[5].endswith("43.9 ± 1.1 (99.6 %)")
    assert lines[6].endswith("0.700 [0.690, 0.710]  8.3")
    assert re.findall(r"episode \d|RL²", lines[8]) == [
        *("episode 1", "episode 2", "episode 3", "episode 4", "episode 5", "episode 6", "RL²")
    ]
    ratios = lines[10].split("  ")[1:]
    assert [cell.split()[0] for cell in filter(str.strip, ratios)] == [
        *("0.824", "0.300", "0.400", "0.500", "0.600")
    ]


def test_a_metric_of_ones_own_has_its_row_and_column(monkeypatch):
    """A metric that is registered elsewhere is in the tables."""
    mine = Metric("detours", "detours", "count", "lower", len, headline=True)
    saved = Metric("saved", "time saved", "share", "higher", len, compares=True)
    monkeypatch.setattr(METRICS, "_entries", METRICS.all() | {"detours": mine, "saved": saved})
    lines = table(FIGURES | {"detours": [2.5, 1.5], "saved": 0.25}).splitlines()
    assert lines[0].endswith("shortest path  detours")
    assert lines[1].endswith("8.3            2.5")
    assert lines[-1].split() == ["time", "saved,", "%", "25.0"]
