"""Sweeps: no job overwrites what another has measured."""

import sys
from contextlib import suppress

import pytest

from rl2_mazes.agents.card import CardConfig
from rl2_mazes.core import cli
from rl2_mazes.eval.battery import BatteryConfig
from rl2_mazes.eval.evaluate import EvalConfig
from rl2_mazes.eval.gallery import GalleryConfig
from rl2_mazes.eval.probe import ProbeConfig
from rl2_mazes.eval.record import RecordConfig
from rl2_mazes.eval.report import ReportConfig
from rl2_mazes.eval.tables import TablesConfig


@pytest.mark.parametrize(
    ("program", "schema", "given", "keys"),
    [
        ("evaluate", EvalConfig, ("agent=a", "num_trials=10,100"), "num_trials"),
        ("evaluate", EvalConfig, ("agent=a,b", "num_envs=1,2", "num_trials=10,100"),
         "num_envs and num_trials"),
        ("probe", ProbeConfig, ("agent=a", "num_trials=20,30"), "num_trials"),
        ("battery", BatteryConfig, ("agent=a", "num_trials=2,3"), "num_trials"),
        ("tables", TablesConfig, ("suite=bandits", "agents=[a],[b]"), "agents"),
        ("record", RecordConfig, ("agent=a", "seed=0,1"), "seed"),
        ("gallery", GalleryConfig, ("agents=[a]", "seed=0,1"), "seed"),
        ("report", ReportConfig, ("agents=[a]", "films=one,none"), "films"),
        ("card", CardConfig, ("agent=pretrained/demo", "push=a/b,c/d"), "push"),
    ],
)  # fmt: skip
def test_jobs_that_would_share_a_folder_are_refused(
    program, schema, given, keys, monkeypatch, capsys, tmp_path
):
    monkeypatch.chdir(tmp_path)
    began = []

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["rl2", "-m", *arguments])
        with suppress(SystemExit):
            cli.run(program, schema, lambda settings: began.append(settings.output_dir))
        return capsys.readouterr().err

    remedy = "output_dir='runs/swept/${hydra:job.num}'"
    line = f"jobs that differ in {keys} alone would overwrite each other's results; give a folder"
    error = run(*given)
    assert line in error
    assert remedy in error
    assert not began
    assert "error" not in run(*given, remedy.replace("'", ""))
    assert len(set(began)) == len(began) > 1


def test_what_names_the_folder_of_results_may_vary(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    began = []
    given = ["agent=a,b", "suite=mazes/grid_small,mazes/grid_large", "seed=0,1"]
    monkeypatch.setattr(sys, "argv", ["rl2", "-m", *given])
    cli.run("evaluate", EvalConfig, lambda settings: began.append(settings.agent_path))
    assert began == ["a"] * 4 + ["b"] * 4
