"""Main program: writes one HTML page that shows what runs have learned, and how they differ.

    rl2-report runs/demo/seed_0
    rl2-report runs/demo/seed_* --output report
    rl2-report runs/demo/seed_* runs/walk/seed_* --films none

The page stands alone: it needs no network and no other file. Beside it lie its numbers, as CSV and
as Parquet. Ends with one line of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("report")

import argparse
import json
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

from ..core.cli import usage_errors
from ..core.errors import UserError
from ..core.files import write_bytes, write_text
from .reports.html.content import content_of
from .reports.html.export import write_tables
from .reports.html.groups import Group, group_runs, in_the_middle
from .reports.html.runs import read_runs
from .reports.html.showcase import MAP_SIZE, ShownTrial, data_uri, require_ffmpeg, show_trials

STEM = "report"  # of all files' names
MOST_FILM_BYTES = 13_000_000  # inside the page, where they take a third more: it stays below 20 MB
OPEN_RUNS = 3  # whose ways are unfolded from the start


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as the other programs do."""

    def error(self, message: str) -> NoReturn:
        """Ends the program."""
        print(f"error: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `rl2-report`."""
    options = _parser().parse_args(arguments)
    try:
        run(options.runs, options.output, options.films)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def run(folders: list[Path], output: Path | None, films: str) -> None:
    """One report, from runs to files."""
    began = time.monotonic()
    with usage_errors():
        if films != "none":
            require_ffmpeg()
        runs = read_runs(folders)
        groups = group_runs(runs)
        if output is None:
            output = evaluation_of(folders[0]) if len(folders) == 1 else Path(STEM)
        require_writable(output)
    shown = show_all(groups, films)
    with usage_errors():
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


def show_all(groups: Sequence[Group], films: str) -> list[tuple[str, list[ShownTrial]]]:
    """The ranked trials of every run, under one progress bar; those with films first."""
    from tqdm import tqdm

    runs = [run for group in groups for run in group.runs]
    filmed = {"all": runs, "one": [in_the_middle(group) for group in groups], "none": []}[films]
    runs.sort(key=lambda run: run not in filmed)
    shown = []
    with tqdm(total=3 * len(runs), desc="showing", unit="trial", dynamic_ncols=True) as bar:
        for each in runs:
            trials = []
            with usage_errors():
                for trial in show_trials(each, each in filmed):
                    trials.append(trial)
                    bar.update()
            shown.append((each.name, trials))
    return shown


def place_films(shown: Sequence[tuple[str, list[ShownTrial]]], output: Path) -> list[Path]:
    """Puts films into the page, as long as it stays small, and the others beside it."""
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
            trial.remark = "The film lies beside this page, which would be too large with it."
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
    from jinja2 import Environment, StrictUndefined

    package = files("rl2_mazes.eval.reports.html")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["typographic"] = typographic
    template = environment.from_string(package.joinpath("template.html").read_text())
    return template.render(
        **content_of(groups),
        style=package.joinpath("style.css").read_text(),
        shown=[{"name": name, "trials": trials} for name, trials in shown],
        filmed=filmed,
        open_runs=OPEN_RUNS,
        map_size=MAP_SIZE,
        files=beside,
        command=command,
    )


def typographic(text: str) -> str:
    """The text with a minus sign in place of each hyphen before a number."""
    return re.sub(r"(?<![\w=-])-(?=\d)", "\N{MINUS SIGN}", text)


def require_writable(folder: Path) -> None:
    """Makes the folder; an error now rather than after minutes of filming."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UserError(
            f"--output {folder} cannot be written ({error.strerror}); give another folder"
        ) from error


def evaluation_of(folder: Path) -> Path:
    """Where a run's evaluation lies."""
    return folder if (folder / "results.json").exists() else folder / "evaluation"


def command_of(folders: Sequence[Path], output: Path, films: str) -> str:
    """What makes this page again."""
    parts = ["rl2-report", *map(str, folders), "--output", str(output)]
    return shlex.join(parts if films == "one" else [*parts, "--films", films])


def _parser() -> Parser:
    parser = Parser(
        prog="rl2-report",
        description="Writes one HTML page about evaluated runs, with its numbers beside it.",
        epilog="A run is evaluated with rl2-eval checkpoint=RUN, and put through controls with "
        "rl2 battery checkpoint=RUN. Runs that differ in their seed alone are averaged.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="where to write; by default evaluation/ of a single run, report/ for several",
    )
    parser.add_argument(
        "--films",
        choices=("one", "all", "none"),
        default="one",
        help="of which runs: one of each settings, whose ratio is in the middle (default); all; "
        "none, which takes seconds instead of minutes",
    )
    return parser
