"""A film of a trial whose every step is known: episode 1 fails after 9 steps, episode 2 takes 5."""

from contextlib import closing
from itertools import pairwise

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence
from support.recorded import GRID, log_of

from rl2_mazes.eval.video import film as film_file
from rl2_mazes.eval.video.camera import Camera
from rl2_mazes.eval.video.episode_frames import interpolate
from rl2_mazes.eval.video.film import write_film
from rl2_mazes.eval.video.rerun import rerun
from rl2_mazes.eval.video.style import FOR_MP4, FOR_WEBP, Style
from rl2_mazes.eval.video.trial_frames import HOLD_SECONDS, trial_frames
from rl2_mazes.mazes.doom.game import MazeGame
from rl2_mazes.mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules
from rl2_mazes.mazes.topdown import render_map

QUICK = Style(view=(160, 120), gap=8, fps=10, per_step={"grid": 2, "walk": 1})


def column(frame: np.ndarray, style: Style, index: int) -> np.ndarray:
    """An episode's side of a frame."""
    width = style.panel_size[1]
    left = style.gap + index * (width + style.gap)
    return frame[:, left : left + width]


def caption(frame: np.ndarray, style: Style, index: int) -> np.ndarray:
    return column(frame, style, index)[: style.caption_height]


def verdict(picture: np.ndarray) -> str:
    """Letters of the caption, by their colour."""
    red, green, _ = np.moveaxis(picture.astype(int), -1, 0)
    return "good" if (green > red + 40).any() else "bad" if (red > green + 40).any() else "none"


@pytest.fixture
def quick(monkeypatch):
    """Small films with few frames."""
    monkeypatch.setattr(film_file, "STYLES", {".mp4": QUICK, ".webp": QUICK})


@pytest.fixture
def game(corner):
    with closing(MazeGame(GRID, 320, 240)) as game:
        game.start(corner)
        yield game


def test_rerun_tells_every_pose(game, trial):
    lost, straight = ([pose.tolist() for pose in rerun(game, trial, 0, k)] for k in range(2))
    west, middle, corner, north = (144, -336), (240, -336), (336, -336), (336, -240)
    places = [west, middle, corner, corner, north, north]  # the last step shows in the reward only
    turned = [0, -90, -180, -270, 0, -90, -180, -270]
    assert np.array(straight) == pytest.approx(
        np.column_stack((places, [0, 0, 0, 90, 90, 90])), abs=0.02
    )
    for pose, angle in zip(lost[:8], turned, strict=True):
        assert pose[:2] == list(west)
        assert (pose[2] - angle + 180) % 360 == pytest.approx(180, abs=0.02)
    assert len(lost) == 10


def test_rerun_refuses_another_maze_or_other_rules(game):
    too_short = log_of([FORWARD] * 2, success=[True])
    too_long = log_of([FORWARD, FORWARD, TURN_LEFT, FORWARD, FORWARD, FORWARD], success=[True])
    no_failure = log_of([FORWARD] * 9, success=[True])
    for log in (too_short, too_long, no_failure):
        with pytest.raises(ValueError, match="trial 0, episode 1 ends differently"):
            list(rerun(game, log, 0, 0))


def test_the_camera_sees_what_the_agent_sees(game, corner, trial):
    with closing(Camera(corner, 320, 240)) as camera:
        for pose in rerun(game, trial, 0, 1):
            assert (camera.look(pose) == game.frame).all()


def test_between_steps():
    """Half-way between cells, and the short way round from 270 degrees to 0."""
    poses = np.array([[0.0, 0, 270], [0, 0, 0], [96, 0, 0]])
    path = interpolate(poses, 2)
    assert path[:, 0].tolist() == [0, 0, 0, 48, 96]
    assert (path[:, 2] % 360).tolist() == [270, 315, 0, 0, 0]
    assert interpolate(poses[:1], 5).tolist() == [[0, 0, 270]]


def test_both_begin_at_once_and_the_first_to_end_waits(corner, trial):
    """9 steps of 2 frames; the second episode is over after 5 and stays as it is."""
    shown = list(trial_frames(trial, 0, corner, GRID, QUICK))
    assert len(shown) == 9 * 2 + 1 + HOLD_SECONDS * QUICK.fps
    for index, (before, after) in enumerate(pairwise(shown[: 9 * 2 + 1])):
        moved = [(column(before, QUICK, k) != column(after, QUICK, k)).any() for k in (0, 1)]
        assert moved[1] == (index < 5 * 2), f"frame {index + 1}"
        if index < 7 * 2:  # the last two steps are a wall; what moves then is the counter
            assert moved[0]
    assert all((frame == shown[-1]).all() for frame in shown[9 * 2 :])
    verdicts = [[verdict(caption(frame, QUICK, k)) for frame in shown] for k in (0, 1)]
    assert verdicts[0].index("bad") == 9 * 2, "not found, after nine steps"
    assert verdicts[1].index("good") == 5 * 2, "reached, after five"
    assert {*verdicts[0][:18], *verdicts[1][:10]} == {"none"}
    view = column(shown[-1], QUICK, 1)[QUICK.view_box]
    assert view[..., 0].mean() > 3 * view[..., 2].mean(), "it ends with its nose in the red box"


def test_the_map_shows_the_way_so_far_over_the_shortest(corner, trial):
    """In episode 2 after two steps: colours count from the common beginning to step 9."""
    frame = list(trial_frames(trial, 0, corner, GRID, QUICK))[4]
    so_far = interpolate(np.array([[144.0, -336, 0], [240, -336, 0], [336, -336, 0]]), 2)
    oracle = np.array([[144.0, -336, 0], [336, -336, 0], [336, -336, 90], [336, -144, 90]])
    expected = render_map(corner, so_far, 160, 9 * 2 + 1, oracle)
    assert (column(frame, QUICK, 1)[QUICK.map_box] == expected).mean() > 0.995
    without = render_map(corner, so_far, 160, 9 * 2 + 1)
    assert (without != expected).any()


def test_walking_is_shown_as_it_was_seen(corner):
    rules = MazeRules(horizon=4)
    log = log_of([FORWARD, FORWARD, TURN_RIGHT, FORWARD], success=[False])
    drawn = list(trial_frames(log, 0, corner, rules, QUICK, episodes=(0,)))
    assert len(drawn) == 1 + 4 + HOLD_SECONDS * QUICK.fps
    with closing(MazeGame(rules, *QUICK.view)) as game:
        game.start(corner)
        for step, _ in enumerate(rerun(game, log, 0, 0)):
            assert (column(drawn[step], QUICK, 0)[QUICK.view_box] == game.frame).all()


def test_the_mp4_has_every_frame(quick, corner, trial, tmp_path):
    path = tmp_path / "trial.mp4"
    write_film(trial, 0, corner, GRID, path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert stream.average_rate == QUICK.fps
    drawn = list(trial_frames(trial, 0, corner, GRID, QUICK))
    assert len(shown) == len(drawn) == 9 * 2 + 1 + HOLD_SECONDS * QUICK.fps
    for one, other in zip(shown, drawn, strict=True):
        assert np.abs(one[::3, ::3].astype(int) - other[::3, ::3]).mean() < 4
    assert [file.name for file in tmp_path.iterdir()] == ["trial.mp4"]


def test_the_webp_has_every_frame(quick, corner, trial, tmp_path):
    """Stored once and shown as long as it stays: compared with the frames by the clock."""
    path = tmp_path / "trial.webp"
    write_film(trial, 0, corner, GRID, path)
    drawn = list(trial_frames(trial, 0, corner, GRID, QUICK))
    with Image.open(path) as film:
        shown = []
        for frame in ImageSequence.Iterator(film):
            picture = np.asarray(frame.convert("RGB"))
            end = frame.info["timestamp"] + frame.info["duration"]
            shown += [picture] * (round(end * QUICK.fps / 1000) - len(shown))
    assert len(shown) == len(drawn)
    for one, other in zip(shown, drawn, strict=True):
        assert np.abs(one.astype(int) - other).mean() < 6


@pytest.mark.parametrize("style", [FOR_MP4, FOR_WEBP, QUICK])
def test_players_refuse_odd_sides(style):
    height, width = style.panel_size
    assert height % 2 == width % 2 == style.gap % 2 == 0


def test_a_film_that_fails_leaves_nothing_behind(quick, corner, trial, tmp_path):
    ends_elsewhere = log_of([FORWARD] * 3, [FORWARD] * 3, success=[True, True])
    for name in ("film.mp4", "film.webp"):
        with pytest.raises(ValueError, match="ends differently"):
            write_film(ends_elsewhere, 0, corner, GRID, tmp_path / name)
        with pytest.raises(ValueError, match=r"episodes is \(0, 2\); it must name some"):
            write_film(trial, 0, corner, GRID, tmp_path / name, episodes=(0, 2))
        with pytest.raises(ValueError, match="trial is 1; it must be one of 0"):
            write_film(trial, 1, corner, GRID, tmp_path / name, episodes=(0, 1))
    with pytest.raises(ValueError, match=r"film.gif is no film's name; it must end with .mp4"):
        write_film(trial, 0, corner, GRID, tmp_path / "film.gif")
    assert not list(tmp_path.iterdir())
