"""Film of a trial: its episodes side by side, from the same moment on.

Above, the agent's view; below, the map with its path so far, coloured by the time since both began,
and the shortest path, faint. The episode that ends first waits with its result.
"""

import math
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np

from ...core.errors import UserError
from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ...mazes.topdown import Colour, render_map
from ..trials.runner import TrialLog
from .mp4 import write_mp4
from .panel import BAD, FOR_MP4, FOR_WEBP, GOOD, QUIET, Style, beside, panel
from .shortest_path import shortest_path
from .shots import shots
from .webp import write_webp

HOLD_SECONDS = 2  # that the last picture stays
MOST_PICTURES = 150  # of a WebP, about: it stores whole pictures, a MP4 what changes
STYLES = {".mp4": FOR_MP4, ".webp": FOR_WEBP}
NOTES = ("a maze never seen before", "the same maze again")


def film_pair(
    log: TrialLog,
    trial: int,
    maze: Maze,
    rules: MazeRules,
    path: Path | str,
    episodes: Sequence[int] = (0, 1),
    notes: Sequence[str] = NOTES,
    crf: int = 23,
    style: Style | None = None,
) -> None:
    """Write the film of a recorded trial.

    Args:
        log: From `eval.trials.runner.evaluate`.
        trial: Index of the trial.
        maze: The trial's maze.
        rules: The trial's rules.
        path: File to write, .mp4 or .webp; its folder must exist.
        episodes: Episodes to show, from 0, from left to right; one or more.
        notes: Caption of each episode while it lasts; the last also of those that follow.
        crf: Quality of an MP4, see `eval.video.mp4.write_mp4`.
        style: Sizes and speed; if None, those of the suffix.

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
    with closing(frames(log, trial, maze, rules, style, episodes, notes)) as film:
        if path.suffix == ".webp":
            write_webp(film, style.fps, path, every=math.ceil(moving / MOST_PICTURES))
        else:
            write_mp4(film, moving + HOLD_SECONDS * style.fps, style.fps, path, crf)


def frames(
    log: TrialLog,
    trial: int,
    maze: Maze,
    rules: MazeRules,
    style: Style = FOR_MP4,
    episodes: Sequence[int] = (0, 1),
    notes: Sequence[str] = NOTES,
) -> Generator[np.ndarray, None, None]:
    """The frames of that film, [H, W, 3] uint8: a first one, those of each step, and the hold."""
    longest = max(int(log.length[trial, k]) for k in episodes)
    with ExitStack() as stack:
        columns = [
            stack.enter_context(
                closing(_panels(log, trial, k, maze, rules, style, longest, _note(k, notes)))
            )
            for k in episodes
        ]
        last = [next(column) for column in columns]
        yield beside(last, style.gap)
        for _ in range(longest * style.per_step[rules.movement]):
            last = [next(column, held) for column, held in zip(columns, last, strict=True)]
            yield beside(last, style.gap)
    yield from [beside(last, style.gap)] * (HOLD_SECONDS * style.fps)


def _panels(
    log: TrialLog,
    trial: int,
    episode: int,
    maze: Maze,
    rules: MazeRules,
    style: Style,
    longest: int,
    note: str,
) -> Generator[np.ndarray, None, None]:
    """One episode's side of the film, as long as the episode lasts."""
    per_step = style.per_step[rules.movement]
    length, won = int(log.length[trial, episode]), bool(log.success[trial, episode])
    oracle = shortest_path(maze, rules.movement, episode)
    key = f"faint: shortest path, {len(oracle) - 1} steps"
    poses = []
    with closing(shots(log, trial, episode, maze, rules, style.view, per_step)) as film:
        for index, (pose, view) in enumerate(film):
            poses.append(pose)
            step = index // per_step
            overview = render_map(
                maze, np.array(poses), style.view[0], longest * per_step + 1, oracle
            )
            remark = _result(length, won) if step == length else (note, QUIET)
            yield panel(style, f"Episode {episode + 1}", step, remark, view, overview, key)


def _result(length: int, won: bool) -> tuple[str, Colour]:
    if won:
        return f"target reached after {length} steps", GOOD
    return f"target not found in {length} steps", BAD


def _note(episode: int, notes: Sequence[str]) -> str:
    return notes[min(episode, len(notes) - 1)]
