"""Trials of a page: paths on the map and a film of the best, the median and the worst.

They are rerun in the engine, whichever simulator they were recorded in.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ....core.errors import UserError
from ....mazes.topdown import render_map
from ...trials.ranking import rank_trials
from ...video.addresses import as_picture
from ...video.mp4 import write_mp4
from ...video.rerun import trial_paths
from ...video.style import Style
from ...video.trial_frames import HOLD_SECONDS, trial_frames
from .runs import EvaluatedRun

MAP_SIZE = 400  # pixels
PAIR = (0, 1)  # the episodes that are shown
# Half the pixels and frames of a film that stands alone: a page holds many, and shows them small.
SMALL = Style(view=(320, 240), gap=12, fps=15, per_step={"grid": 3, "walk": 1})


@dataclass(frozen=True)
class ShownPath:
    """One episode on the map.

    Attributes:
        episode: From 1.
        length: Steps.
        shortest: Steps of the shortest path.
        success: Whether it arrived.
        picture: A data URI.
    """

    episode: int
    length: int
    shortest: int
    success: bool
    picture: str


@dataclass
class ShownTrial:
    """A trial on the page.

    Attributes:
        rank: best, median or worst.
        trial: Index.
        paths: One per episode; none if the engine does not repeat the trial.
        film: An MP4; None if it was not filmed.
        poster: First frame of the film, a data URI.
        address: Of the film for the page: a data URI, or a file beside it.
        remark: Reason why something is missing; empty if nothing is.
    """

    rank: str
    trial: int
    paths: list[ShownPath]
    film: bytes | None = None
    poster: str = ""
    address: str = ""
    remark: str = ""


def show_trials(run: EvaluatedRun, films: bool) -> Iterator[ShownTrial]:
    """Ranked trials of a run with their paths and films; none if trials have one episode."""
    if run.log.length.shape[1] < len(PAIR):
        return
    for rank, trial in rank_trials(run.log).items():
        maze = run.mazes[trial]
        try:
            poses = trial_paths(run.log, trial, maze, run.suite.rules)
        except ValueError as error:  # recorded in the twin, and one of the few that differ
            yield ShownTrial(rank, trial, [], remark=f"Not shown: {error}.")
            continue
        paths = [
            ShownPath(
                episode=k + 1,
                length=int(run.log.length[trial, k]),
                shortest=int(run.shortest[trial, k]),
                success=bool(run.log.success[trial, k]),
                picture=as_picture(render_map(maze, poses[k], MAP_SIZE, episode=k)),
            )
            for k in PAIR
        ]
        shown = ShownTrial(rank, trial, paths)
        if films:
            try:
                shown.film, shown.poster = film_of(run, trial)
            except (OSError, ValueError) as error:  # a page without a film is better than none
                shown.remark = f"Not filmed: {(str(error).splitlines() or [''])[0]}."
        yield shown


def film_of(run: EvaluatedRun, trial: int) -> tuple[bytes, str]:
    """MP4 of a trial's first two episodes, side by side, and its first frame."""
    steps = int(run.log.length[trial, list(PAIR)].max())
    count = steps * SMALL.per_step[run.suite.rules.movement] + 1 + HOLD_SECONDS * SMALL.fps
    stated = (run.log, trial, run.mazes[trial], run.suite.rules, SMALL, PAIR)
    with closing(trial_frames(*stated)) as film, tempfile.TemporaryDirectory() as folder:
        first = next(film)
        path = Path(folder) / "film.mp4"
        write_mp4(chain([first], film), count, SMALL.fps, path)
        return path.read_bytes(), as_picture(first)


def require_ffmpeg() -> None:
    """Raise unless films can be encoded, before minutes have passed."""
    from imageio_ffmpeg import get_ffmpeg_exe

    with suppress(RuntimeError):
        if shutil.which(get_ffmpeg_exe()):
            return
    raise UserError(
        "films need ffmpeg, and none was found; reinstall imageio-ffmpeg, which brings one, point "
        "IMAGEIO_FFMPEG_EXE to yours, or go without films: films=none"
    )
