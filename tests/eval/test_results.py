"""The page of results is what its files give, and says what is missing."""

import json
import re
import shutil

import pytest
from support.programs import run

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval import results
from rl2_mazes.eval.reports.markdown.results.costs import costs_section
from rl2_mazes.eval.reports.markdown.results.known_place import known_place_section
from rl2_mazes.eval.reports.markdown.results.mazes import mazes_section
from rl2_mazes.eval.reports.markdown.results.tabular import tabular_section
from rl2_mazes.eval.results import Results, page, read
from rl2_mazes.eval.tabular.standings import published_as

PROGRAM = "rl2_mazes.eval.results"


def test_the_committed_page_is_what_the_committed_files_give():
    found = read(results.ROOT / "results", results.cards.PRETRAINED)
    text = (results.ROOT / "RESULTS.md").read_text()
    assert page(found) == text, "write it again: rl2 results"
    pictures = {line[line.index("(") + 1 : -1] for line in text.splitlines() if line[:2] == "!["}
    assert all((results.ROOT / picture).stat().st_size > 1000 for picture in pictures)
    assert len(pictures) > 0
    for name in results.cards.names():
        record = results.cards.read_card(name).results[0]
        if record["suite"] == "mazes":
            assert re.search(rf"\| {name}[†‡§¶△]* \|", text)
        else:
            tables = [
                found.tables[each] for each in found.tables if each.startswith(record["suite"])
            ]
            cells = [cell for table in tables for cell in table["cells"]]
            assert f"pretrained/{name}" in {published_as(cell) for cell in cells}, "rl2 tables"
    summary = json.loads((results.ROOT / "results" / "summary.json").read_text())
    medians = results.summary(found.tables) | results.maze_summary(found.cards)
    assert medians == summary, "write it again: rl2 results"
    assert set(summary) == {
        *("plain", "duan2016", "exchangeable", "one_agent", "algorithms"),
        *("labels", "no_labels", "small_trained", "mixed_trained"),
    }
    assert {"k5_n10", "k50_n1000", "n10", "n100"} <= summary["algorithms"].keys()


def agent(row, mean, **changes):
    of_training = {"trained_on": row, "steps": 4_000_000, "privileged_critic": False}
    of_training |= {"optimal_advantage": False, "warm_start": False, "track": "plain"}
    cell = {
        "row": row,
        "algorithm": "pretrained/a/seed_0",
        "title": "RL², plain",
        "value": "",
        "published": None,
    }
    return {**cell, "mean": mean, "se": 0.07, **of_training, **changes}


def table_of(*cells, kind="bandits", **settings):
    settings = {"suite": kind, "tuning": "paper", "prior": "published", **settings}
    return {"settings": {"num_tasks": 1000, "seed": 0, **settings}, "cells": list(cells)}


def line_of(text, *beginning):
    return next(line for line in text.splitlines() if line.startswith("| " + " | ".join(beginning)))


def cell(name, mean, value=""):
    published = 6.6 if name == "gittins" else None
    return {
        "row": "k5_n10", "algorithm": name, "title": name.title(), "value": value,
        "mean": mean, "se": 0.07, "published": published,
    }  # fmt: skip


def test_algorithms_stand_in_the_table_of_their_tuning():
    settings = {"suite": "bandits", "tuning": "held_out", "prior": "published"}
    settings |= {"num_tasks": 1000, "seed": 0}
    table = {"settings": settings, "cells": [cell("gittins", 6.7, "c=1"), cell("ucb1", 6.8)]}
    text = tabular_section("bandits", {"any": table, "plain": table_of(agent("k5_n10", 6.67))})
    summary = line_of(text, "k5_n10", "6.67").split(" | ")
    assert summary[1:5] == ["6.67 ± 0.07, 1 seed", *["not published"] * 3]
    assert summary[5:9] == ["6.7", "6.6", "not run yet", "Ucb1 6.80 ± 0.07 |"]
    assert line_of(text, "k50_n1000").split(" | ")[5:7] == ["847.4", "889.8 ± 5.6"]
    assert line_of(text, "k5_n10", "6.70 ±") == "| k5_n10 | 6.70 ± 0.07, c=1 (6.6) | 6.80 ± 0.07 |"
    assert text.count("not run yet") == 20  # ten rows, nine of them twice, and a table
    apart = {**table, "cells": [{**cell("ucb1", 900.0), "row": "k50_n1000"}]}
    text = tabular_section("bandits", {"any": table, "more": apart})
    assert line_of(text, "k50_n1000").endswith("| Ucb1 900.00 ± 0.07 |")
    mdps = tabular_section("mdps", {"any": table})
    assert mdps.count("not run yet") == 4 * 5 + 4


def maze_record(**changes):
    figures = {
        "suite": "mazes", "row": "walk_small", "condition": "as trained", "engine": "ViZDoom",
        "split": "test", "episodes": 2, "trials": 1000, "sampled": True, "train_steps": 12_000_000,
        "agent": "walk_small/seed_0", "success": [0.99, 1.0], "length": [50.0, 40.0],
        "length_ci": [[49.0, 51.0], None], "length_ratio": 0.8, "length_ratio_ci": [0.7, 0.9],
        "not_longer": 0.9, "not_longer_ci": None, "gap_closed": 0.5, "gap_closed_ci": None,
    }  # fmt: skip
    return figures | changes


def test_mazes_stand_beside_the_papers():
    text = mazes_section([maze_record(), maze_record(condition="memory reset", agent="other")])
    ours = line_of(text, "walk_small/seed_0", "12")
    assert ours.split(" | ")[2:6] == [
        *("ViZDoom, test, 1,000 x 2", "50.0 ± 1.0 (99.0 %)", "40.0 (100.0 %)", "")
    ]
    assert "other" not in text
    assert "52.4 ± 1.3 (99.3 %)" in text
    assert "0.746 (of the means) | 91.7" in text
    assert line_of(text, "walk_small/seed_0", "ViZDoom, test, 1,000 x 2", "0.800 [0.700, 0.900]")
    assert text.count("not published") == 3
    assert "### Controls" not in text


def test_names_of_agents_are_explained():
    text = mazes_section([maze_record(agent="walk_small_gpu/seed_3"), maze_record(agent="mine")])
    assert "- walk_small_gpu: the same on a GPU" in text
    assert "- walk_small:" not in text


def test_what_no_preset_gives_is_marked():
    tables, name = {"plain": table_of(agent("k5_n10", 6.5))}, "pretrained/a/seed_0"
    assert "‡" not in tabular_section("bandits", tables, {name: {"preset": True}})
    text = tabular_section("bandits", tables, {name: {"preset": False}})
    assert "| k5_n10 | 6.50 ± 0.07, 1 seed ‡ |" in text
    assert "‡ Trained with settings that no preset has today" in text
    text = mazes_section([maze_record(preset=False), maze_record(agent="walk_small/seed_1")])
    assert line_of(text, "walk_small/seed_0‡", "12")
    assert line_of(text, "walk_small/seed_1", "12")
    assert "‡ Trained with settings that no preset has today" in text


def test_measurements_of_rounded_weights_are_marked():
    seeds = [maze_record(agent=f"walk_small/seed_{i}") for i in range(3)]
    rounded = maze_record(rounded=True, length=[70.0, 60.0])
    text = mazes_section([*seeds, rounded])
    assert line_of(text, "walk_small/seed_0", "12")
    assert line_of(text, "walk_small/seed_0◇", "12")
    assert "◇ Measured with the published weights" in text
    assert "70.0" not in line_of(text, "walk_small", "3")  # medians are of weights as trained
    assert "◇" not in mazes_section(seeds)


def test_training_on_more_than_the_reward_is_marked():
    for setting in ("privileged_critic", "optimal_advantage"):
        tables = {"plain": table_of(agent("k5_n10", 6.5, **{setting: True}))}
        text = tabular_section("bandits", tables)
        assert "| k5_n10 | 6.50 ± 0.07, 1 seed † |" in text
        assert "† Trained with privileged information" in text
        line = line_of(text, "k5_n10", "RL², plain").split(" | ")
        assert line[9] == {"privileged_critic": "critic", "optimal_advantage": "reward"}[setting]
    assert "†" not in tabular_section("bandits", {"plain": table_of(agent("k5_n10", 6.5))})


def test_seeds_that_were_resumed_are_marked():
    seeds = [maze_record(agent=f"walk_small/seed_{k}", resumed=k == 2) for k in range(3)]
    text = mazes_section(seeds)
    assert line_of(text, "walk_small/seed_1", "12")
    assert line_of(text, "walk_small/seed_2§", "12")
    assert line_of(text, "walk_small§", "3"), "the median's row"
    assert "§ Training was interrupted and resumed with newer code" in text
    assert "§" not in mazes_section(seeds[:2])


def test_seeds_have_a_median():
    def seed(k, steps, **changes):
        lengths = {"length": [steps, 40.0], "length_ratio": 40 / steps}
        return maze_record(agent=f"walk_small/seed_{k}", **lengths, **changes)

    two = [seed(0, 50.0), seed(1, 60.0)]
    again = [*two, seed(0, 50.0), seed(2, 55.0, split="validation")]
    assert "(50.0 to 60.0)" not in mazes_section(again)
    line = line_of(mazes_section([*two, seed(2, 80.0)]), "walk_small", "3").split(" | ")
    assert line[3:5] == ["60.0 (50.0 to 80.0)", "40.0 (40.0 to 40.0)"]
    assert line[5:] == ["0.667 (0.500 to 0.800)", "99.0 % and more |"]


def test_controls_stand_beside_what_they_take_away():
    battery = maze_record(reset_length_ratio=1.0, shortening_lost_by_reset=1.01, blind_success=0.0)
    reset = maze_record(condition="memory reset", length_ratio=1.02)
    text = mazes_section([battery, reset, maze_record(condition="oracle", agent="other")])
    share = "share of the shortening that memory reset takes away: 1.010"
    assert f"walk_small/seed_0, walk_small: {share}" in text
    assert line_of(text, "memory reset").split(" | ")[3] == "1.020 [0.700, 0.900]"
    assert "oracle" not in text


def test_greedy_actions_and_auxiliary_losses_are_marked():
    text = mazes_section([maze_record(condition="greedy actions", sampled=False)])
    assert line_of(text, "walk_small/seed_0", "12", "ViZDoom, test, 1,000 x 2, greedy actions")
    assert "†" not in text
    text = mazes_section([maze_record(labels=True)])
    assert line_of(text, "walk_small/seed_0†", "12")
    assert line_of(text, "walk_small/seed_0†", "ViZDoom, test, 1,000 x 2", "0.800")
    assert "† Trained with privileged labels" in text
    text = mazes_section([maze_record(aux="dead_reckoning")])
    assert line_of(text, "walk_small/seed_0¶", "12")
    assert "¶ Trained with labels by dead reckoning" in text
    text = mazes_section([maze_record(map=True), maze_record(agent="walk_small/seed_1")])
    assert line_of(text, "walk_small/seed_0△", "12")
    assert line_of(text, "walk_small/seed_1", "12")
    assert "△ Acts with a map of its own" in text


def test_what_was_trained_on_is_said():
    text = mazes_section([maze_record(split="paper_test", trained_on_share=0.462)])
    assert "| ViZDoom, paper_test, 1,000 x 2, 46 % of them training mazes |" in text


def test_costs_tell_estimates_from_measurements():
    cost = {"total_steps": 36_000_000, "steps_per_cpu_second": 10_000}
    text = costs_section({"mdp_n100": {"total_steps": 10}, "mdp_n25": cost}, [])
    assert line_of(text, "mdp_n100").count("not measured") == 3
    assert line_of(text, "mdp_n25") == "| mdp_n25 | 36 | 1 | not measured | not measured |"
    assert text.index("mdp_n25") < text.index("mdp_n100")
    name = results.cards.names()[0]
    card = results.cards.read_card(name)
    text = costs_section({}, [card])
    assert line_of(text, str(card.preset)).split(" | ")[3] == (
        f"{card.seconds / 60:.3g} min ({card.hardware})"
    )


@pytest.mark.parametrize(
    ("content", "complaint"), [('{"a": 1}', "is no results"), ("junk", "is damaged")]
)
def test_a_file_of_another_kind_is_named(tmp_path, monkeypatch, content, complaint):
    monkeypatch.setattr(results, "ROOT", tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "odd.json").write_text(content)
    assert f"odd.json {complaint}" in run(tmp_path, PROGRAM, expect=2).stderr


def test_a_page_of_nothing_says_so(tmp_path, monkeypatch):
    assert page(Results()).count("not published") == 4 * (10 + 5) + 2 + 4
    demo, few = results.cards.PRETRAINED / "demo", tmp_path / "pretrained"
    shutil.copytree(demo, few / "demo", ignore=shutil.ignore_patterns("*.safetensors"))
    monkeypatch.setattr(results.cards, "PRETRAINED", few)  # so that few curves are drawn
    monkeypatch.setattr(results, "ROOT", tmp_path)
    assert run(tmp_path, PROGRAM, "check=true", expect=1)
    (tmp_path / "results" / "figures").mkdir(parents=True)
    assert run(tmp_path, PROGRAM)
    assert run(tmp_path, PROGRAM, "check=true")
    for name in ("RESULTS.md", "results/summary.json"):
        before = (tmp_path / name).read_text()
        (tmp_path / name).write_text("by hand")
        assert f"{name} is not" in run(tmp_path, PROGRAM, "check=true", expect=1).stdout
        (tmp_path / name).write_text(before)


def test_a_known_place_has_a_row_per_suite():
    entry = {"with_map": 8.0, "without_map": 10.0, "saved": 0.2, "saved_ci": [0.1, 0.3]}
    (text,) = known_place_section({"mazes/grid_small": {**entry, "num_mazes": 1000}}, "file")
    row = "| `mazes/grid_small` | 10.0 | 8.0 | 20.0 [10.0, 30.0] | 1,000 |"
    assert text.splitlines()[-1] == row
    assert known_place_section({}, "file") == []
    with pytest.raises(UserError, match="file: mazes/grid_small has no 'num_mazes'"):
        known_place_section({"mazes/grid_small": entry}, "file")
