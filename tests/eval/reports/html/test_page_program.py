"""The program as a user meets it: the files it leaves, and errors of one line."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.page_runs import write_battery, write_run

from rl2_mazes.eval import report
from rl2_mazes.eval.report import main, place_films
from rl2_mazes.eval.reports.html.groups import group_runs
from rl2_mazes.eval.reports.html.runs import read_runs
from rl2_mazes.eval.reports.html.showcase import ShownTrial


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


def failed(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as stopped:
        main([str(each) for each in arguments])
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    return told


@pytest.mark.usefixtures("nothing_shown")
def test_one_page_and_its_numbers(runs, tmp_path, capsys):
    output = tmp_path / "report"
    main([*map(str, runs), "--films", "none", "--output", str(output)])
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    html = (output / "report.html").read_text()
    assert last["page"] == str(output / "report.html")
    assert (last["runs"], last["settings"], last["films"]) == (3, 2, 0)
    assert last["bytes"] == len(html.encode())
    for heading in ("Results", "Differences", "Learning", "Controls", "What was run"):
        assert f">{heading}</h2>" in html
    assert "other against demo" in html
    assert "seed 0 of demo" in html
    assert "shortening lost by the memory reset 97.0 % [90.0, 100.0]" in html
    assert html.count("<h1>") == 1
    assert "http://" not in html.replace("http://www.w3.org/", "")
    assert "https://" not in html

    episodes = pl.read_csv(output / "report_episodes.csv")
    parquet = pl.read_parquet(output / "report_episodes.parquet")
    assert episodes.drop("episode_return").equals(parquet.drop("episode_return"))
    assert len(episodes) == 3 * 4 * 2
    (run,) = read_runs(runs[:1])
    first = episodes.filter((pl.col("seed") == 0) & (pl.col("settings") == "demo"))
    assert first["length"].to_list() == run.log.length.ravel().tolist()
    assert first["shortest"].to_list() == run.shortest.ravel().tolist()
    assert first["wall_hits"].to_list() == [0] * 8
    assert first["maze"][0] == run.mazes[0].content_hash

    figures = pl.read_parquet(output / "report_figures.parquet")
    ratio = figures.filter(
        (pl.col("figure") == "length_ratio") & (pl.col("run") == last_two(runs[0]))
    )
    assert ratio["value"].item() == run.results["length_ratio"]
    assert [ratio["low"].item(), ratio["high"].item()] == run.results["length_ratio_ci"]
    lengths = figures.filter((pl.col("figure") == "length") & (pl.col("run") == last_two(runs[0])))
    assert lengths["episode"].to_list() == [1, 2]
    assert len(pl.read_csv(output / "report_figures.csv")) == len(figures)


def last_two(path: Path) -> str:
    return "/".join(path.parts[-2:])


@pytest.mark.usefixtures("nothing_shown")
def test_no_success_says_none(tmp_path):
    run = write_run(tmp_path / "fails", rounds=[(None, None)] * 2)
    main([str(run), "--films", "none"])
    html = (run / "evaluation" / "report.html").read_text()
    assert "<td>none</td>" in html
    assert "nan" not in html.lower().replace("nano", "")


def test_bad_input_is_one_line(runs, tmp_path, capsys):
    assert "does not exist" in failed(capsys, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "evaluate it first with rl2-eval checkpoint=" in failed(capsys, tmp_path / "empty")
    assert "see rl2-report --help" in failed(capsys)
    assert "invalid choice: 'some'" in failed(capsys, runs[0], "--films", "some")
    file = tmp_path / "file"
    file.touch()
    told = failed(capsys, runs[0], "--films", "none", "--output", file / "report")
    assert f"--output {file}/report cannot be written (Not a directory); give another" in told


def test_films_need_ffmpeg(runs, capsys, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")
    assert "films need ffmpeg, and none was found; reinstall" in failed(capsys, runs[0])


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
    told = []
    monkeypatch.setattr(report, "show_trials", lambda run, films: told.append((run, films)) or [])
    groups = group_runs(read_runs(runs))
    for films, count in (("none", 0), ("one", 2), ("all", 3)):
        told.clear()
        report.show_all(groups, films)
        assert len(told) == 3
        filmed = np.array([films for _, films in told])
        assert filmed.sum() == count
        assert (np.diff(filmed.astype(int)) <= 0).all(), "films come first"
