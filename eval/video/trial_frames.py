"""Frames of a trial: its episodes side by side, as if they had begun together.

Above is the agent's view. Below is the map with the path so far, coloured by time, and the shortest
path, faint. The episode that ends first waits with its result.
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing

import numpy as np

from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ...mazes.topdown import Colour, render_map
from ..trials.runner import TrialLog
from .episode_frames import episode_frames
from .panel import beside, draw_panel
from .shortest_path import shortest_path
from .style import BAD, FOR_MP4, GOOD, QUIET, Style

HOLD_SECONDS = 2  # during which the last frame stays
FIRST_NOTE = "a maze never seen before"


def trial_frames(
    log: TrialLog,
    trial: int,
    maze: Maze,
    rules: MazeRules,
    style: Style = FOR_MP4,
    episodes: Sequence[int] = (0, 1),
    notes: Sequence[str] | None = None,
) -> Generator[np.ndarray, None, None]:
    """The frames of a recorded trial.

    Args:
        log: From `eval.trials.runner.evaluate`.
        trial: Index of the trial.
        maze: The trial's maze.
        rules: The trial's rules.
        style: Sizes and speed.
        episodes: Episodes to show, from 0, from left to right; one or more.
        notes: Caption of each episode while it lasts; the last also of those that follow. None for
            those of `notes_of`.

    Yields:
        Frames [H, W, 3] uint8: the start, `style.per_step` frames per step of the longest episode,
        then `HOLD_SECONDS` of the end.
    """
    notes = notes_of(maze) if notes is None else notes
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


def notes_of(maze: Maze, remark: str = "") -> tuple[str, str]:
    """Captions of the first episode and of later ones.

    Args:
        maze: The trial's maze.
        remark: Remark on later episodes; if empty, whether start and target are new.
    """
    new = [
        name
        for name, places in (("start", maze.starts), ("target", maze.targets))
        if len(places) > 1
    ]
    same = f"the same maze, new {' and '.join(new)}" if new else "the same maze again"
    return FIRST_NOTE, f"the same maze, {remark}" if remark else same


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
    """Panels of one episode, as long as the episode lasts."""
    per_step = style.per_step[rules.movement]
    length, won = int(log.length[trial, episode]), bool(log.success[trial, episode])
    oracle = shortest_path(maze, rules.movement, episode)
    key = f"faint: shortest path, {len(oracle) - 1} steps"
    poses = []
    frames = episode_frames(log, trial, episode, maze, rules, style.view, per_step)
    with closing(frames):
        for index, (pose, view) in enumerate(frames):
            poses.append(pose)
            step = index // per_step
            overview = render_map(
                maze, np.array(poses), style.view[0], longest * per_step + 1, oracle, episode
            )
            remark = _result(length, won) if step == length else (note, QUIET)
            yield draw_panel(style, f"Episode {episode + 1}", step, remark, view, overview, key)


def _result(length: int, won: bool) -> tuple[str, Colour]:
    if won:
        return f"target reached after {length} steps", GOOD
    return f"target not found in {length} steps", BAD


def _note(episode: int, notes: Sequence[str]) -> str:
    return notes[min(episode, len(notes) - 1)]
