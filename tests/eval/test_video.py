"""A film of a trial whose every step is known."""

from contextlib import closing

import av
import numpy as np
import pytest
from recorded import GRID, log_of

from eval import video
from eval.camera import Camera
from eval.replay import replay
from eval.video import CAPTION_HEIGHT, HOLD, MARGIN, VIEW_HEIGHT, VIEW_WIDTH, between, film_trial
from mazes.doom.game import MazeGame
from mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT, MazeRules


@pytest.fixture
def game(corner):
    with closing(MazeGame(GRID, 320, 240)) as game:
        game.start(corner)
        yield game


def test_replay_tells_every_pose(game, trial):
    lost, straight = ([pose.tolist() for pose in replay(game, trial, 0, k)] for k in range(2))
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


def test_replay_refuses_another_maze_or_other_rules(game):
    too_short = log_of([FORWARD] * 2, success=[True])
    too_long = log_of([FORWARD, FORWARD, TURN_LEFT, FORWARD, FORWARD, FORWARD], success=[True])
    no_failure = log_of([FORWARD] * 9, success=[True])
    for log in (too_short, too_long, no_failure):
        with pytest.raises(ValueError, match="trial 0, episode 1 ends differently"):
            list(replay(game, log, 0, 0))


def test_the_camera_sees_what_the_agent_sees(game, corner, trial):
    with closing(Camera(corner, 320, 240)) as camera:
        for pose in replay(game, trial, 0, 1):
            assert (camera.look(pose) == game.frame).all()


def test_between_steps():
    """Half-way between cells, and the short way round from 270 degrees to 0."""
    poses = np.array([[0.0, 0, 270], [0, 0, 0], [96, 0, 0]])
    path = between(poses, 2)
    assert path[:, 0].tolist() == [0, 0, 0, 48, 96]
    assert (path[:, 2] % 360).tolist() == [270, 315, 0, 0, 0]
    assert between(poses[:1], 5).tolist() == [[0, 0, 270]]


def test_the_film_of_a_trial(corner, trial, tmp_path):
    """9 and 5 steps of 6 frames, a first frame each, and a second to look at each end."""
    path = tmp_path / "trial.mp4"
    film_trial(trial, 0, corner, GRID, path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    drawn = list(video.frames(trial, 0, corner, GRID))
    assert len(shown) == len(drawn) == (9 + 5) * 6 + 2 * (1 + HOLD)
    for one, other in zip(shown, drawn, strict=True):
        assert np.abs(one[::3, ::3].astype(int) - other[::3, ::3]).mean() < 4
    view = drawn[-1][CAPTION_HEIGHT : CAPTION_HEIGHT + VIEW_HEIGHT, MARGIN : MARGIN + VIEW_WIDTH]
    assert view[..., 0].mean() > 3 * view[..., 2].mean(), "it ends with its nose in the red box"
    assert (drawn[0] != drawn[9 * 6 + 1 + HOLD]).any(), "episode 2 says that it is another"
    assert [file.name for file in tmp_path.iterdir()] == ["trial.mp4"]


def test_walking_is_shown_as_it_was_seen(corner):
    """Two frames a step, straight from the engine."""
    rules = MazeRules(horizon=4)
    log = log_of([FORWARD, FORWARD, TURN_RIGHT, FORWARD], success=[False])
    drawn = list(video.frames(log, 0, corner, rules))
    assert len(drawn) == 1 + 4 * 2 + HOLD
    rows = slice(CAPTION_HEIGHT, CAPTION_HEIGHT + VIEW_HEIGHT)
    with closing(MazeGame(rules, VIEW_WIDTH, VIEW_HEIGHT)) as game:
        game.start(corner)
        for step, _ in enumerate(replay(game, log, 0, 0)):
            shown = drawn[2 * step][rows, MARGIN : MARGIN + VIEW_WIDTH]
            assert (shown == game.frame).all()


def test_a_film_that_fails_leaves_nothing_behind(corner, tmp_path):
    with pytest.raises(ValueError, match="ends differently"):
        film_trial(log_of([FORWARD] * 3, success=[True]), 0, corner, GRID, tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())
