"""The program as a user meets it: the files it leaves, and errors of one line."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from support.page_runs import write_battery, write_run
from support.programs import run

from rl2_mazes.eval import report
from rl2_mazes.eval.report import place_films
from rl2_mazes.eval.reports.html import showcase
from rl2_mazes.eval.reports.html.groups import group_runs
from rl2_mazes.eval.reports.html.runs import read_runs
from rl2_mazes.eval.reports.html.showcase import ShownTrial

PROGRAM = "rl2_mazes.eval.report"


@pytest.fixture
def runs(tmp_path) -> list[Path]:
    folders = [write_run(tmp_path / f"seed_{seed}", seed) for seed in range(2)]
    other = write_run(tmp_path / "other", name="other", rounds=[(1, 1), (2, 1), (1, 0), (0, 0)])
    write_battery(folders[0])
    return [*folders, other]


@pytest.fixture
def nothing_shown(monkeypatch):
    """Without the engine, which the browser's test has."""
    monkeypatch.setattr(report, "show_trials", lambda run, films: iter(()))


def failed(folder: Path, *arguments: str) -> str:
    stated = run(folder, PROGRAM, *arguments, expect=2).stderr
    assert stated.startswith("error: ")
    assert stated.count("\n") == 1
    return stated


@pytest.mark.usefixtures("nothing_shown")
def test_one_page_and_its_numbers(runs, tmp_path):
    output = tmp_path / "report"
    origin = {"steps": 0, "commit": "abc123", "hardware": "A <small> CPU", "torch": "2.0"}
    (runs[0] / "origins.jsonl").write_text(json.dumps(origin) + "\n")
    agents = f"agents=[{tmp_path}/seed_*,{runs[2]}]"
    done = run(tmp_path, PROGRAM, agents, "films=none", f"output_dir={output}")
    last = json.loads(done.stdout.splitlines()[-1])
    html = (output / "report.html").read_text()
    assert last["page"] == str(output / "report.html")
    assert (last["runs"], last["settings"], last["films"]) == (3, 2, 0)
    assert last["bytes"] == len(html.encode())
    for heading in ("Results", "Differences", "Learning", "Controls", "Runs"):
        assert f">{heading}</h2>" in html
    assert "other against demo" in html
    assert "seed 0 of demo" in html
    assert "shortening lost by the memory reset 97.0 % [90.0, 100.0]" in html
    assert "<dt>device of the training</dt><dd>A &lt;small&gt; CPU</dd>" in html
    assert "<dt>commit of the training</dt><dd>abc123</dd>" in html
    assert html.count("of the training</dt>") == 3, "of the one run whose origin is recorded"
    assert f"torch {torch.__version__}, numpy {np.__version__}.</p>" in html
    assert html.count("<h1>") == 1
    assert "http://" not in html.replace("http://www.w3.org/", "")
    assert "https://" not in html

    episodes = pl.read_csv(output / "report_episodes.csv")
    parquet = pl.read_parquet(output / "report_episodes.parquet")
    assert episodes.drop("episode_return").equals(parquet.drop("episode_return"))
    assert len(episodes) == 3 * 4 * 2
    (read,) = read_runs(runs[:1])
    first = episodes.filter((pl.col("seed") == 0) & (pl.col("settings") == "demo"))
    assert first["length"].to_list() == read.log.length.ravel().tolist()
    assert first["shortest"].to_list() == read.shortest.ravel().tolist()
    assert first["wall_hits"].to_list() == [0] * 8
    assert first["maze"][0] == read.mazes[0].content_hash

    figures = pl.read_parquet(output / "report_figures.parquet")
    ratio = figures.filter(
        (pl.col("figure") == "length_ratio") & (pl.col("run") == last_two(runs[0]))
    )
    assert ratio["value"].item() == read.results["length_ratio"]
    assert [ratio["low"].item(), ratio["high"].item()] == read.results["length_ratio_ci"]
    lengths = figures.filter((pl.col("figure") == "length") & (pl.col("run") == last_two(runs[0])))
    assert lengths["episode"].to_list() == [1, 2]
    assert len(pl.read_csv(output / "report_figures.csv")) == len(figures)


def last_two(path: Path) -> str:
    return "/".join(path.parts[-2:])


@pytest.mark.usefixtures("nothing_shown")
def test_no_success_says_none(tmp_path):
    fails = write_run(tmp_path / "fails", rounds=[(None, None)] * 2)
    run(tmp_path, PROGRAM, f"agents={fails}", "films=none")
    html = (fails / "evaluation" / "report.html").read_text()
    assert "<td>none</td>" in html
    assert "nan" not in html.lower().replace("nano", "")


def test_bad_input_is_one_line(runs, tmp_path):
    assert "does not exist" in failed(tmp_path, "agents=nowhere")
    assert "agents names seed_7*, which matches no folder" in failed(tmp_path, "agents=seed_7*")
    (tmp_path / "empty").mkdir()
    assert "evaluate it first with rl2-eval agent=empty" in failed(tmp_path, "agents=empty")
    assert "agents" in failed(tmp_path)
    assert "agents is empty; name evaluated runs" in failed(tmp_path, "agents=[]")
    stated = failed(tmp_path, "agents=seed_0", "films=some")
    assert "films is 'some'; it must be one of one, all, none" in stated
    (tmp_path / "file").touch()
    stated = failed(tmp_path, "agents=seed_0", "films=none", "output_dir=file/report")
    assert "output_dir file/report cannot be written (Not a directory); give another" in stated


def test_the_old_arguments_are_answered_with_the_new(tmp_path):
    assert "give agents=[seed_0]" in failed(tmp_path, "seed_0")
    assert "--films is now films=" in failed(tmp_path, "agents=seed_0", "--films", "none")
    assert "--output is now output_dir=" in failed(tmp_path, "agents=seed_0", "--output", "report")


def test_films_need_ffmpeg(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")
    assert "films need ffmpeg, and none was found; reinstall" in failed(tmp_path, "agents=seed_0")


def test_a_film_that_fails_does_not_cost_the_report(tmp_path, monkeypatch):
    def full(run, trial):
        raise OSError("no space left on device")

    monkeypatch.setattr(showcase, "film_of", full)
    write_run(tmp_path / "seed_0", rounds=[(0, 0)])
    done = run(tmp_path, PROGRAM, "agents=seed_0", "output_dir=report")
    assert json.loads(done.stdout.splitlines()[-1])["films"] == 0
    html = (tmp_path / "report" / "report.html").read_text()
    assert "Not filmed: no space left on device." in html
    assert html.count("<img ") == 3 * 2


def test_films_that_are_too_much_lie_beside_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "MOST_FILM_BYTES", 10)
    trials = [ShownTrial(rank, 0, [], film=b"123456") for rank in ("best", "median")]
    (outside,) = place_films([("demo/seed_0", [*trials, ShownTrial("worst", 1, [])])], tmp_path)
    assert trials[0].address.startswith("data:video/mp4;base64,")
    assert trials[1].address == "report_films/demo_seed_0_median.mp4"
    assert outside == tmp_path / trials[1].address
    assert outside.read_bytes() == b"123456"
    assert "beside this page" in trials[1].remark


def test_one_run_of_each_settings_is_filmed(runs, monkeypatch):
    stated = []
    monkeypatch.setattr(report, "show_trials", lambda run, films: stated.append((run, films)) or [])
    groups = group_runs(read_runs(runs))
    for films, count in (("none", 0), ("one", 2), ("all", 3)):
        stated.clear()
        report.show_all(groups, films)
        assert len(stated) == 3
        filmed = np.array([films for _, films in stated])
        assert filmed.sum() == count
        assert (np.diff(filmed.astype(int)) <= 0).all(), "films come first"
