"""Films one trial: each episode's view from inside, beside the map with the way so far.

The episodes follow one another, so that the second way is seen with the first in mind; on its map
the first way stays as a faint line. The views are those of the agent, larger. In grid movement
the camera is also led from one pose to the next, which the agent does not see: easier on the eye.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from eval.camera import Camera
from eval.mp4 import write_mp4
from eval.replay import replay
from eval.rollouts import TrialLog
from eval.topdown import render_map
from mazes.maze import Maze
from mazes.rules import CELL_SIZE, PLAYER_RADIUS, TARGET_SIZE, TOUCH_GAP, MazeRules

FPS = 30
FRAMES_PER_STEP = {"grid": 6, "walk": 2}  # 5 and 15 steps a second
HOLD = FPS  # frames that an episode's last picture stays
VIEW_WIDTH, VIEW_HEIGHT = 640, 480
MAP_SIZE = VIEW_HEIGHT
MARGIN = 16  # pixels around view and map
CAPTION_HEIGHT = 64  # pixels above them
BACKGROUND = (22, 23, 28)
TEXT, QUIET, GOOD, BAD = (240, 240, 244), (150, 152, 162), (120, 220, 130), (255, 130, 110)


def film_trial(log: TrialLog, trial: int, maze: Maze, rules: MazeRules, path: Path | str) -> None:
    """Writes an MP4 of a recorded trial.

    Args:
        log: From `eval.rollouts.evaluate`.
        trial: Which of its trials.
        maze: What that trial ran on.
        rules: What it ran under.
        path: Of the file; its folder must exist.
    """
    steps = int(log.length[trial].sum())
    num_frames = steps * FRAMES_PER_STEP[rules.movement] + log.length.shape[1] * (1 + HOLD)
    with closing(frames(log, trial, maze, rules)) as film:
        write_mp4(film, num_frames, FPS, path)


def frames(
    log: TrialLog, trial: int, maze: Maze, rules: MazeRules
) -> Generator[np.ndarray, None, None]:
    """The frames of that film, [560, 1168, 3] uint8."""
    from mazes.doom.game import MazeGame

    per_step = FRAMES_PER_STEP[rules.movement]
    views = _glide if rules.movement == "grid" else _walk
    lengths, success = log.length[trial].tolist(), log.success[trial].tolist()
    ghost = None
    with closing(MazeGame(rules, VIEW_WIDTH, VIEW_HEIGHT)) as game:
        game.start(maze)
        for episode, length in enumerate(lengths):
            path, frame = [], None
            for i, (pose, view) in enumerate(views(game, log, trial, episode, maze)):
                path.append(pose)
                way = np.array(path)
                overview = render_map(maze, way, MAP_SIZE, length * per_step + 1, ghost)
                remark = _remark(i // per_step, lengths[: episode + 1], success[episode])
                frame = _compose(_caption(episode, i // per_step, remark), view, overview)
                yield frame
            assert frame is not None
            yield from [frame] * HOLD
            ghost = np.array(path)


def _walk(game, log, trial, episode, maze) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(pose, view) by frame: each step's own, for as many frames as a step has."""
    for step, pose in enumerate(replay(game, log, trial, episode)):
        yield from [(pose, game.frame.copy())] * (FRAMES_PER_STEP["walk"] if step else 1)


def _glide(game, log, trial, episode, maze) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(pose, view) by frame: a camera that moves evenly from step to step."""
    poses = np.array(list(replay(game, log, trial, episode)))
    if log.success[trial, episode]:
        # The step into the target's cell leaves the agent where it was; show it up to the touch.
        reach = CELL_SIZE - TARGET_SIZE / 2 - PLAYER_RADIUS - TOUCH_GAP
        angle = np.radians(poses[-1, 2])
        poses[-1, :2] += reach * np.array([np.cos(angle), np.sin(angle)])
    with closing(Camera(maze, VIEW_WIDTH, VIEW_HEIGHT)) as camera:
        for pose in between(poses, FRAMES_PER_STEP["grid"]):
            yield pose, camera.look(pose)


def between(poses: np.ndarray, parts: int) -> np.ndarray:
    """Divides each step into equal parts; turns go the short way round.

    Args:
        poses: [T + 1, 3] x, y and angle in degrees.
        parts: How many to each step.

    Returns:
        [T * parts + 1, 3].
    """
    poses = np.column_stack((poses[:, :2], np.unwrap(poses[:, 2], period=360)))
    steps = len(poses) - 1
    at = np.arange(steps * parts + 1) / parts
    return np.column_stack([np.interp(at, np.arange(steps + 1), column) for column in poses.T])


def _remark(step: int, lengths: list[int], won: bool) -> tuple[str, tuple[int, int, int]]:
    """What to say at a step of the last of the episodes with these lengths, and its colour."""
    if step >= lengths[-1]:
        if won:
            return f"target reached after {lengths[-1]} steps", GOOD
        return f"target not found in {lengths[-1]} steps", BAD
    if len(lengths) > 1:
        return f"same maze; episode {len(lengths) - 1} took {lengths[-2]} steps", QUIET
    return "a maze never seen before", QUIET


def _caption(episode: int, step: int, remark: tuple[str, tuple[int, int, int]]) -> np.ndarray:
    """The line above view and map."""
    from PIL import Image, ImageDraw, ImageFont

    width = VIEW_WIDTH + MAP_SIZE + 3 * MARGIN
    image = Image.new("RGB", (width, CAPTION_HEIGHT), BACKGROUND)
    draw = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(30), ImageFont.load_default(22)
    line = CAPTION_HEIGHT // 2 + 10
    draw.text((MARGIN, line), f"Episode {episode + 1}", TEXT, large, anchor="ls")
    draw.text((MARGIN + VIEW_WIDTH, line), f"step {step}", TEXT, large, anchor="rs")
    draw.text((VIEW_WIDTH + 2 * MARGIN, line), *remark, small, anchor="ls")
    return np.asarray(image)


def _compose(caption: np.ndarray, view: np.ndarray, overview: np.ndarray) -> np.ndarray:
    height = CAPTION_HEIGHT + VIEW_HEIGHT + MARGIN
    canvas = np.full((height, caption.shape[1], 3), BACKGROUND, dtype=np.uint8)
    canvas[:CAPTION_HEIGHT] = caption
    rows = slice(CAPTION_HEIGHT, CAPTION_HEIGHT + VIEW_HEIGHT)
    canvas[rows, MARGIN : MARGIN + VIEW_WIDTH] = view
    canvas[rows, 2 * MARGIN + VIEW_WIDTH : 2 * MARGIN + VIEW_WIDTH + MAP_SIZE] = overview
    return canvas
