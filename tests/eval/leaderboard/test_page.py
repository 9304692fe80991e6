"""The page: a line an agent, however many seeds it has."""

from dataclasses import replace

import pytest

from rl2_mazes.eval.leaderboard.page import page
from rl2_mazes.eval.leaderboard.submission import FOLDER, read_submission
from rl2_mazes.eval.leaderboard.tracks import TRACKS


@pytest.fixture
def entry(submitted):
    return read_submission(submitted / "grid.json")


def seeds(entry, *steps):
    """The same agent with these steps of a trial, by seed."""
    return [
        replace(
            entry,
            figures={**entry.figures, "trial_steps": each, "length_ratio": each / 100},
            training=replace(entry.training, seed=seed, steps=seed * 1000),
        )
        for seed, each in enumerate(steps)
    ]


def line_of(text, agent):
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {agent}")]
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_one_seed_is_shown_as_one_seed(entry):
    name, number, steps, *_ = line_of(page(seeds(entry, 40.0)), "[Dice]")
    assert (name, number, steps) == ("[Dice](https://example.org/dice), A. Author", "1", "40.0")


def test_seeds_of_an_agent_are_one_line_with_median_best_and_worst(entry):
    cells = line_of(page(seeds(entry, 40.0, 30.0, 50.0, 32.0)), "[Dice]")
    assert cells[1:3] == ["4", "36.0 (best 30.0, worst 50.0)"]
    assert cells[5] == "0.360"
    assert "0 to 3,000" in cells


def test_the_best_agent_stands_first_and_other_evaluations_apart(entry):
    greedy, other = replace(entry, greedy=True), replace(entry, agent="Other")
    text = page([*seeds(entry, 40.0, 60.0), *seeds(greedy, 45.0), *seeds(other, 44.0)])
    names = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| [")]
    link = "(https://example.org/dice), A. Author"
    assert names == [f"[Other]{link}", f"[Dice]{link}, greedy actions", f"[Dice]{link}"]


def test_a_higher_return_is_better(submitted):
    entry = read_submission(submitted / "bandits.json")
    both = [
        replace(entry, agent=name, figures={**entry.figures, "by_regret": value})
        for name, value in (("Worse", 5.0), ("Better", 6.0))
    ]
    text = page(both)
    assert text.index("Better") < text.index("Worse")


def test_facts_that_are_not_stated_are_named_so(entry):
    training = replace(entry.training, steps=None, hours=None, labels=None)
    cells = line_of(page([replace(entry, training=training)]), "[Dice]")
    assert cells.count("not stated") >= 3


def test_every_track_has_a_section_and_says_if_it_is_empty():
    text = page([])
    assert text.count("No submissions yet.") == len(list(TRACKS))
    assert all(f"## {track.title}\n" in text for track in TRACKS.all().values())


def test_a_stranger_cannot_break_the_table(entry):
    training = replace(entry.training, hardware="a | b\n## <script>", trained_on=["x]|y"])
    cells = line_of(page([replace(entry, training=training)]), "[Dice]")
    assert "a b ## script" in cells
    assert "xy" in cells


def test_the_committed_seeds_of_the_demo_are_one_line():
    entries = [read_submission(each) for each in sorted(FOLDER.glob("demo_*.json"))]
    assert line_of(page(entries), "demo")[1] == str(len(entries))
