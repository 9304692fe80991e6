"""Main program: one HTML page on evaluated runs and the differences between them.

    rl2 report agents=runs/demo/seed_0
    rl2 report agents=[runs/demo/seed_0,runs/demo/seed_1] output_dir=report
    rl2 report agents=runs/demo/seed_* films=none

Runs are evaluated by rl2-eval agent=RUN and put through controls by rl2 battery agent=RUN; those
that differ in their seed alone are averaged. The page needs no network and no other file. Its
numbers lie beside it, as CSV and Parquet. Ends with one line of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("report")

import json
import platform
import shlex
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any, ClassVar

from omegaconf import MISSING

from ..core import cli
from ..core.errors import UserError
from ..core.programs import version_text
from ..core.progress import progress_bar
from ..core.storage.files import write_bytes, write_text
from ..core.storage.provenance import commit
from .adapters.loading import is_outside
from .pages import rendering
from .reports.html.content import content_of
from .reports.html.export import write_tables
from .reports.html.groups import Group, group_runs, in_the_middle
from .reports.html.runs import is_of_mazes, read_runs
from .reports.html.showcase import MAP_SIZE, ShownTrial, require_ffmpeg, show_trials
from .trials.output_folders import outside_folder
from .video.addresses import data_uri

STEM = "report"  # of all files' names
MOST_FILM_BYTES = 13_000_000  # in the page, a third more as base64: it stays below 20 MB
OPEN_RUNS = 3  # whose trials are unfolded at first
FILMS = ("one", "all", "none")


@dataclass
class ReportConfig:
    """Keys of rl2 report.

    Attributes:
        agents: Folders of evaluated runs, or one; a * or ? in a name stands for any characters.
            An agent from outside, package.module:Name, stands for its evaluations on all suites.
        output_dir: Folder of the page; by default evaluation/ of a single run, report/ for several.
        films: Runs to film: one per setting, that with the median length ratio; all; or none, which
            takes seconds instead of minutes.
    """

    FOLDER_OF: ClassVar = ("agents",)

    agents: Any = MISSING
    output_dir: str | None = None
    films: str = "one"

    def __post_init__(self):
        if self.films not in FILMS:
            raise UserError(f"films is {self.films!r}; it must be one of {', '.join(FILMS)}")


def main() -> None:
    """Entry point."""
    cli.run("report", ReportConfig, run)


def run(settings: ReportConfig) -> None:
    """Write one report, from runs to files."""
    began = time.monotonic()
    films = settings.films
    folders = expand(settings.agents)
    if films != "none":
        require_ffmpeg()
    runs = read_runs(folders)
    groups = group_runs(runs)
    default = evaluation_of(folders[0]) if len(folders) == 1 else Path(STEM)
    output = Path(settings.output_dir or default)
    require_writable(output)
    shown = show_all(groups, films)
    outside = place_films(shown, output)
    tables = write_tables(output, STEM, groups)
    page = output / f"{STEM}.html"
    beside = [path.name for path in tables]
    write_text(page, render(groups, shown, films, beside, command_of(folders, output, films)))
    for path in (page, *tables, *outside):
        print(path)
    results = {
        "page": str(page),
        "bytes": page.stat().st_size,
        "runs": len(runs),
        "settings": len(groups),
        "films": sum(trial.film is not None for _, trials in shown for trial in trials),
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(results))


def expand(agents: Any) -> list[Path]:
    """Folders of the runs that `agents` names; patterns in sorted order.

    Args:
        agents: A folder or a list of folders, as paths or patterns.

    Raises:
        UserError: It names none, or a pattern matches nothing.
    """
    names = [agents] if isinstance(agents, str) else agents or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(f"agents is {agents}; it must name folders: agents=[runs/demo/seed_0]")
    if not names:
        raise UserError("agents is empty; name evaluated runs: agents=[runs/demo/seed_0]")
    folders = []
    for name in names:
        if is_outside(name):
            folders += evaluations_of(name)
            continue
        found = sorted(glob(name)) if has_magic(name) and not Path(name).exists() else [name]
        if not found:
            raise UserError(f"agents names {name}, which matches no folder; see ls {name}")
        folders += map(Path, found)
    return folders


def evaluations_of(name: str) -> list[Path]:
    """Folders of the evaluations on mazes of an agent from outside, `package.module:Name`.

    Of a suite's usual evaluation it is the suite's folder, of others their own, such as
    evaluation/engine_twin.
    """
    folder = outside_folder(name)
    found = [
        each.parents[1] for each in folder.glob("*/evaluation/results.json") if is_of_mazes(each)
    ]
    found += [
        each.parent for each in folder.glob("*/evaluation/*/results.json") if is_of_mazes(each)
    ]
    if not found:
        raise UserError(
            f"agents names {name}, which has no evaluation on mazes; evaluate it first with "
            f"rl2-eval agent={name} suite=mazes/walk_small"
        )
    return sorted(found)


def show_all(groups: Sequence[Group], films: str) -> list[tuple[str, list[ShownTrial]]]:
    """The ranked trials of every run, under one progress bar; those with films first."""
    runs = [run for group in groups for run in group.runs]
    filmed = {"all": runs, "one": [in_the_middle(group) for group in groups], "none": []}[films]
    runs.sort(key=lambda run: run not in filmed)
    shown = []
    with progress_bar(total=3 * len(runs), desc="showing", unit="trial") as bar:
        for each in runs:
            trials = []
            for trial in show_trials(each, each in filmed):
                trials.append(trial)
                bar.update()
            shown.append((each.name, trials))
    return shown


def place_films(shown: Sequence[tuple[str, list[ShownTrial]]], output: Path) -> list[Path]:
    """Put films into the page while it stays small, and the others beside it."""
    room, outside = MOST_FILM_BYTES, []
    for name, trials in shown:
        for trial in trials:
            if trial.film is None:
                continue
            if len(trial.film) <= room:
                room -= len(trial.film)
                trial.address = data_uri("video/mp4", trial.film)
                continue
            path = output / f"{STEM}_films" / f"{name.replace('/', '_')}_{trial.rank}.mp4"
            path.parent.mkdir(exist_ok=True)
            write_bytes(path, trial.film)
            trial.address = path.relative_to(output).as_posix()
            trial.remark = "The film is a file beside this page, which would be too large with it."
            outside.append(path)
    return outside


def render(
    groups: Sequence[Group],
    shown: Sequence[tuple[str, list[ShownTrial]]],
    filmed: str,
    beside: Sequence[str],
    command: str,
) -> str:
    """The page as HTML."""
    return rendering.render(
        "rl2_mazes.eval.reports.html",
        "template.html",
        **content_of(groups),
        shown=[{"name": name, "trials": trials} for name, trials in shown],
        filmed=filmed,
        open_runs=OPEN_RUNS,
        map_size=MAP_SIZE,
        files=beside,
        command=command,
        versions=versions(),
    )


def versions() -> str:
    """This project's version and commit, and those of what computed the figures."""
    import numpy
    import torch

    code = commit()
    at = f" at commit {code}" if code else ""
    python = platform.python_version()
    return (
        f"{version_text()}{at}, Python {python}, torch {torch.__version__}, "
        f"numpy {numpy.__version__}"
    )


def require_writable(folder: Path) -> None:
    """Make the folder; raise now rather than after minutes of filming."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UserError(
            f"output_dir {folder} cannot be written ({error.strerror}); give another folder"
        ) from error


def evaluation_of(folder: Path) -> Path:
    """Folder of a run's evaluation."""
    return folder if (folder / "results.json").exists() else folder / "evaluation"


def command_of(folders: Sequence[Path], output: Path, films: str) -> str:
    """The command that writes this page."""
    agents = f"agents=[{','.join(map(str, folders))}]"
    others = [] if films == "one" else [f"films={films}"]
    return shlex.join(["rl2", "report", agents, f"output_dir={output}", *others])
