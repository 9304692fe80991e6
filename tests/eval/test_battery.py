"""The battery: its conditions, its figures by hand, and the program as a user runs it."""

import csv
import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from support.programs import run

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.training.checkpoint import AgentCard, save
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.types import Spaces
from rl2_mazes.eval.battery import BatteryConfig, choose_conditions, headline
from rl2_mazes.eval.controls.conditions import GROUPS, Condition, as_many, conditions
from rl2_mazes.eval.controls.wrappers import CONTROLS, Control
from rl2_mazes.eval.metrics.summary import summary
from rl2_mazes.eval.reports.markdown.battery import battery_table, csv_rows
from rl2_mazes.eval.trials.runner import TrialLog
from rl2_mazes.mazes.baselines import SCRIPTED_AGENTS
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks, split_of
from rl2_mazes.mazes.twin.twin import TwinSettings

ROOT = Path(__file__).parents[2]
SUITE = MazeSuite(
    tasks=MazeTasks(split="test", num_mazes=4),
    rules=MazeRules(movement="grid", horizon=30, obs_height=8, obs_width=10),
)


def all_of(suite: MazeSuite) -> dict[str, Condition]:
    found = list(conditions(suite, MazeSet.draw(suite.tasks), "ViZDoom"))
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


@pytest.fixture(scope="module")
def every() -> dict[str, Condition]:
    return all_of(SUITE)


def test_the_agent_comes_first_and_every_group_has_members(every):
    assert next(iter(every)) == "as trained"
    assert {each.group for each in every.values()} == set(GROUPS)
    assert {"memory reset", "camera covered", "target moved", "in ViZDoom"} <= set(every)
    assert all(each.meaning for each in every.values())


def test_every_scripted_agent_is_a_baseline(every):
    baselines = {name for name, each in every.items() if each.group == "baselines"}
    assert baselines == set(SCRIPTED_AGENTS)


def test_controls_keep_mazes_and_rules(every):
    mazes = every["as trained"].mazes()
    for each in every.values():
        if each.group != "generalisation":
            assert each.mazes() is mazes or each.name == "target moved"
            assert (each.rules, each.episodes) == (SUITE.rules, 2)


def test_what_is_unseen_was_not_in_the_training(every):
    assert {"5x5 rooms", "7x7 rooms", "generator depth_first", "generator wilson"} <= set(every)
    assert every["7x7 rooms"].mazes()[0].walls.shape == (15, 15)
    assert every["7x7 rooms"].rules.horizon == 300
    assert every["5 episodes"].episodes == 5
    starts = every["new starts"].mazes()[0].starts
    assert len(set(starts)) == 2
    plain, dressed = every["as trained"].mazes(), every["unseen textures"].mazes()
    assert [maze.texture_set for maze in dressed] == [4, 5, 4, 5]
    assert [a.content_hash for a in plain] == [b.content_hash for b in dressed]


def test_a_condition_has_as_many_mazes_as_there_are(monkeypatch):
    monkeypatch.setattr("rl2_mazes.mazes.tasks.MAX_MISSES", 1000)
    """2x2 rooms: 4 spanning trees, 12 starts and targets; a tenth of these 48 are for testing."""
    few = as_many(MazeTasks(rooms=2, split="test", num_mazes=100))
    assert 2 <= len(few) <= 10
    assert all(split_of(maze) == "test" for maze in few)
    assert len(as_many(MazeTasks(split="test", num_mazes=3))) == 3


def test_other_trainings_meet_other_conditions():
    tasks = MazeTasks(
        rooms=5, generator="wilson", num_starts=2, texture_sets=[0, 1, 2, 3, 4, 5], num_mazes=2
    )
    found = all_of(MazeSuite(tasks=tasks, episodes_per_trial=6))
    assert {"3x3 rooms", "7x7 rooms", "generator prim", "generator depth_first"} <= set(found)
    assert not {"5x5 rooms", "5 episodes", "unseen textures", "new starts"} & set(found)
    assert found["3x3 rooms"].rules.horizon == 250
    assert found["7x7 rooms"].rules.horizon == 2000
    single = all_of(MazeSuite(tasks=MazeTasks(rooms=2, num_mazes=2), episodes_per_trial=1))
    assert single["as trained"].episodes == 2, "one episode alone has nothing to compare"


def test_a_training_with_new_targets_meets_a_target_in_place():
    suite = MazeSuite(tasks=MazeTasks(num_targets=2, num_mazes=3))
    found = all_of(suite)
    assert "target moved" not in found
    assert [name for name, each in found.items() if each.episodes_differ] == [
        "as trained",
        "new starts",
    ]
    ours, kept = found["as trained"].mazes(), found["target in place"].mazes()
    assert [maze.targets for maze in kept] == [maze.targets[:1] for maze in ours]
    assert [name for name, each in all_of(SUITE).items() if each.episodes_differ] == [
        "target moved",
        "new starts",
    ]


def config(**changes) -> BatteryConfig:
    return BatteryConfig(agent_path="run", engine=TwinSettings(), **changes)


def test_only_names_conditions_or_groups():
    mazes = MazeSet.draw(SUITE.tasks)
    some = choose_conditions(config(only=["oracle", "controls"]), SUITE, mazes)
    assert [each.name for each in some] == [
        *("memory reset", "camera covered", "no outcomes", "no feedback", "target moved", "oracle")
    ]
    with pytest.raises(ValueError, match="only names 'orakle'; it must name groups, agent, contr"):
        choose_conditions(config(only=["orakle"]), SUITE, mazes)


@pytest.mark.parametrize("name", ["as trained", "target moved", "explorer", "5x5 rooms", "agent"])
def test_a_control_takes_no_other_conditions_name(name, own_registries):
    @CONTROLS.register(name)
    class Mine(Control):
        """Nothing is altered."""

    message = f"the control .*Mine is registered as '{name}', the name of another "
    with pytest.raises(ValueError, match=message + ("group" if name == "agent" else "condition")):
        choose_conditions(config(), SUITE, MazeSet.draw(SUITE.tasks))


def log(length, success=None) -> TrialLog:
    length = np.array(length)
    return TrialLog(
        length=length,
        success=np.ones_like(length, dtype=bool) if success is None else np.array(success),
        episode_return=np.zeros(length.shape, dtype=np.float32),
        tasks=torch.arange(len(length)),
        actions=np.zeros(length.sum(), dtype=np.uint8),
    )


def figures_of(name: str, some: TrialLog, shortest: int = 4) -> dict:
    return {
        "condition": name,
        "group": "agent",
        "meaning": "",
        "engine": "twin",
        "horizon": 30,
        "episodes": some.length.shape[1],
        **summary(some, np.full(some.length.shape, shortest)),
    }


AGENT = log([[10, 5], [20, 10], [10, 6]])
RESET = log([[10, 9], [20, 18], [10, 10]])
BLIND = log([[30, 30], [9, 30], [30, 30]], [[False, False], [True, False], [False, False]])


def test_the_headline_by_hand():
    """21 of 40 steps, 37 of 40 without memory: of 19 gained 3 are left, 16 lost."""
    logs = {"as trained": AGENT, "memory reset": RESET, "camera covered": BLIND}
    figures = headline(logs, [figures_of(name, each) for name, each in logs.items()])
    assert figures["length_ratio"] == pytest.approx(21 / 40, abs=1e-12)
    assert figures["reset_length_ratio"] == pytest.approx(37 / 40, abs=1e-12)
    assert figures["shortening_lost_by_reset"] == pytest.approx(16 / 19, abs=1e-12)
    assert figures["blind_success"] == pytest.approx(1 / 6)
    assert figures["shortest_length"] == 4
    assert json.loads(json.dumps(figures, allow_nan=False))["gap_closed"] == pytest.approx(19 / 28)


def test_a_headline_of_failures_or_of_nothing_is_none():
    failed = log([[30, 30]] * 2, [[False, False]] * 2)
    logs = {"as trained": failed, "memory reset": failed}
    for some in (logs, {}):
        figures = headline(some, [figures_of(name, each) for name, each in some.items()])
        for name in (
            "length_ratio",
            "reset_length_ratio",
            "shortening_lost_by_reset",
            "blind_success",
        ):
            assert figures[name] is None


def test_the_table_by_hand():
    rows = battery_table([figures_of("as trained", AGENT), figures_of("blind", BLIND)]).splitlines()
    assert re.split(r"\s{2,}", rows[0]) == [
        *("condition", "success, %", "length of successes", "SPL", "shortest path"),
        *("length ratio", "shorter, %", "gap closed, %", "gap closed, all trials, %"),
    ]
    agent = re.split(r"\s{2,}", rows[1])
    assert agent[:5] == ["as trained", "100.0, 100.0", "13.3, 7.0", "0.333, 0.622", "4.0, 4.0"]
    assert agent[5].startswith("0.525 [0.5")
    assert agent[6:] == ["100.0", "67.9", "67.9"]
    assert "9.0, none" in rows[2]
    assert rows[2].count("none") == 3


def test_csv_rows_are_flat_and_by_episode():
    three = figures_of("more", log([[10, 5, 4], [20, 10, 6]]))
    first, second, third = csv_rows([three])
    assert [row["episode"] for row in (first, second, third)] == [1, 2, 3]
    assert [row["length"] for row in (first, second, third)] == [15, 7.5, 5]
    assert [row["length_ratio"] for row in (first, second, third)] == [None, 0.5, 1 / 3]
    assert first.keys() == second.keys() == third.keys()
    assert not any(isinstance(value, list | tuple | dict) for value in second.values())
    assert second["success_low"] < second["success"] == second["success_high"] == 1


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    """A run with an agent that has learned nothing."""
    folder = tmp_path_factory.mktemp("a run")
    torch.manual_seed(0)
    spaces = Spaces(3, image_shape=(8, 10, 3))
    settings = RL2Settings(
        conv=[[4, 4, 2]], dense_size=8, feedback_size=8, memory=GRUSettings(hidden_size=8)
    )
    card = AgentCard(asdict(SUITE), asdict(settings), asdict(spaces), 0, 0.0)
    save(folder / "checkpoints", RL2Agent(spaces, settings), card, {})
    return folder


def battery(*arguments: str, expect: int = 0) -> subprocess.CompletedProcess:
    return run(ROOT, "rl2_mazes.eval.battery", *arguments, expect=expect)


@pytest.mark.slow
def test_the_program_runs_everything_and_ends_with_its_figures(run_folder):
    """Two trials of each condition, the engine's too."""
    done = battery(f"agent={run_folder}", "num_trials=2")
    figures = json.loads(done.stdout.splitlines()[-1])
    wanted = [
        "length_ratio",
        "reset_length_ratio",
        "shortening_lost_by_reset",
        "blind_success",
        "shortest_length",
    ]
    assert set(wanted) <= set(figures)
    assert figures["shortest_length"] > 0
    on_disk = json.loads((run_folder / "evaluation" / "battery.json").read_text())
    assert on_disk["trained_on_share"] == 1  # of the split that SUITE has
    found = {each["condition"]: each for each in on_disk["conditions"]}
    assert set(found) == set(all_of(SUITE))
    assert found["oracle"]["spl"] == found["oracle"]["success"] == [1, 1]
    assert found["in ViZDoom"]["engine"] == "ViZDoom"
    with (run_folder / "evaluation" / "battery.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(found) + 3
    page = (run_folder / "evaluation" / "battery.md").read_text()
    assert all(f"| {name} |" in page for name in found)
    assert "2/2" not in done.stderr
    assert f"{2 * len(found)}/{2 * len(found)}" in done.stderr, "one progress bar for all"


@pytest.mark.slow
def test_one_trial_has_no_intervals(run_folder, tmp_path):
    done = battery(
        *(f"agent={run_folder}", "num_trials=1", f"output_dir={tmp_path}"),
        "only=[agent, memory reset, oracle]",
    )
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["length_ratio_ci"] is None
    assert figures["blind_success"] is None
    assert "oracle" in done.stdout


@pytest.mark.slow
def test_mistakes_end_in_one_line(run_folder, tmp_path):
    bandits = tmp_path / "bandits"
    spaces, settings = Spaces(5, num_states=1), RL2Settings()
    card = AgentCard(asdict(BanditSuite()), asdict(settings), asdict(spaces), 0, 0.0)
    save(bandits / "checkpoints", RL2Agent(spaces, settings), card, {})
    half = tmp_path / "half"
    (half / "checkpoints" / "step_000000000100").mkdir(parents=True)
    for arguments, message in (
        ([], "agent is missing; give agent=... ("),
        (
            [f"agent={bandits}"],
            "acts in bandits, whose episodes cannot succeed; evaluate it with rl2 eval",
        ),
        ([f"agent={half}"], "holds no checkpoint"),
        ([f"agent={run_folder}", "num_trials=0"], "num_trials is 0; it must be at least 1"),
        ([f"agent={run_folder}", "num_trial=5"], "did you mean num_trials?"),
    ):
        errors = battery(*arguments, expect=2).stderr.strip().splitlines()
        assert len(errors) == 1, errors
        assert errors[0].startswith("error: ")
        assert message in errors[0]
