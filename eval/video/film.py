"""Film of a trial as a file: MP4, or WebP for pages that play no videos."""

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ..trials.runner import TrialLog
from .mp4 import write_mp4
from .style import FOR_MP4, FOR_WEBP, Style
from .trial_frames import HOLD_SECONDS, trial_frames
from .webp import write_webp

MAX_FRAMES = 150  # of a WebP, about: it stores whole frames, an MP4 only the changes
STYLES = {".mp4": FOR_MP4, ".webp": FOR_WEBP}


def write_film(
    log: TrialLog,
    trial: int,
    maze: Maze,
    rules: MazeRules,
    path: Path | str,
    episodes: Sequence[int] = (0, 1),
    notes: Sequence[str] | None = None,
    crf: int = 23,
    style: Style | None = None,
    watch: Callable[[int, np.ndarray], None] | None = None,
) -> None:
    """Write the film of a recorded trial.

    Args:
        log: From `eval.trials.runner.evaluate`.
        trial: Index of the trial.
        maze: The trial's maze.
        rules: The trial's rules.
        path: File to write, .mp4 or .webp; its folder must exist.
        episodes: Episodes to show, from 0, from left to right; one or more.
        notes: See `eval.video.trial_frames.trial_frames`.
        crf: Quality of an MP4, see `eval.video.mp4.write_mp4`.
        style: Sizes and speed; if None, those of the suffix.
        watch: Called with the index and the pixels of each frame.

    Raises:
        UserError: The trial has no such episode, or the suffix is another.
        OSError: The file cannot be written, or there is no ffmpeg.
    """
    path = Path(path)
    if path.suffix not in STYLES:
        raise UserError(f"{path} is no film's name; it must end with {' or '.join(STYLES)}")
    num_trials, num_episodes = log.length.shape
    if not 0 <= trial < num_trials:
        raise UserError(f"trial is {trial}; it must be one of 0 .. {num_trials - 1}")
    if not episodes or not all(0 <= k < num_episodes for k in episodes):
        raise UserError(
            f"episodes is {tuple(episodes)}; it must name some of the trial's, "
            f"0 .. {num_episodes - 1}"
        )
    style = style or STYLES[path.suffix]
    steps = max(log.length[trial, k] for k in episodes)
    moving = int(steps) * style.per_step[rules.movement] + 1
    with closing(trial_frames(log, trial, maze, rules, style, episodes, notes)) as frames:
        if watch is not None:
            frames = _watched(frames, watch)
        if path.suffix == ".webp":
            write_webp(frames, style.fps, path, every=math.ceil(moving / MAX_FRAMES))
        else:
            write_mp4(frames, moving + HOLD_SECONDS * style.fps, style.fps, path, crf)


def _watched(
    frames: Generator[np.ndarray, None, None], watch: Callable[[int, np.ndarray], None]
) -> Generator[np.ndarray, None, None]:
    for index, frame in enumerate(frames):
        watch(index, frame)
        yield frame
