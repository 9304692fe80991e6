"""A person's trial without a window, and the window without a game."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from heapq import heappop, heappush
from itertools import count
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import PIL
import pytest
from support.processes import GIVE_UP
from support.recorded import GRID

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import Spaces
from rl2_mazes.eval import play
from rl2_mazes.eval.human.game import choose_game, choose_maze, outcomes_of, trial_of_agent
from rl2_mazes.eval.human.session import Session
from rl2_mazes.eval.human.window import Window
from rl2_mazes.eval.play import PlayConfig
from rl2_mazes.mazes.doom.game import MazeGame

WAY = ["Up", "Up", "Left", "Up", "Up"]  # in the corner maze


@pytest.fixture
def session(corner):
    with closing(MazeGame(GRID, 320, 240)) as game:
        yield Session(game, corner)


def test_a_person_plays_two_episodes(session):
    first = session.picture.copy()
    for key in ["space", "Right", "a", *["Right"] * 8]:  # other keys do nothing
        session.press(key)
    assert (session.lengths, session.successes) == ([9], [False])
    assert "episode 1: not found in 9; episode 2, step 0" in session.text
    assert (session.picture == first).all(), "back at the start"
    for key in WAY:
        assert not session.over
        session.press(key)
    assert session.over
    assert (session.lengths, session.successes) == ([9, 5], [False, True])
    assert session.text == "episode 1: not found in 9; episode 2: 5 steps; Enter ends"
    session.press("Up")
    assert session.lengths == [9, 5]
    maps = session.picture
    assert maps.shape == first.shape
    left, right = maps[:, :160], maps[:, 160:]
    assert (left != right).any(), "each episode has its own path"


def test_the_table_has_a_row_for_each():
    rows = {"you": ([9], [False]), "agent": ([7, 5], [True, True])}
    assert play.table(rows).splitlines() == [
        "                       episode 1         episode 2",
        "you               not found in 9        not played",
        "agent                    7 steps           5 steps",
    ]


def test_a_maze_is_drawn_or_named():
    suite, agent = choose_game(None, None, "test")
    assert (agent, suite.tasks.split, suite.rules.movement) == (None, "test", "grid")
    number, maze = choose_maze(suite, None, seed=3)
    assert choose_maze(suite, number, seed=4)[1].content_hash == (maze.content_hash)
    assert len({choose_maze(suite, None, seed)[0] for seed in range(5)}) > 1
    with pytest.raises(ValueError, match="maze is -1; it must be at least 0"):
        choose_maze(suite, -1, seed=0)


class Keys(Session):
    """Stands in for a session: writes down what is pressed."""

    picture, text = np.zeros((24, 32, 3), np.uint8), "text"

    def __init__(self, last: int):
        self.pressed, self.last = [], last

    @property
    def over(self) -> bool:
        return len(self.pressed) == self.last

    def press(self, key: str) -> None:
        self.pressed.append(key)


@pytest.fixture(scope="module")
def display():
    """A display of its own for all tests: Tk keeps its connection, and dies with the server."""
    if shutil.which("Xvfb") is None:
        pytest.skip("needs Xvfb, a display without a screen (package xvfb)")
    pytest.importorskip("tkinter")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as stated, pytest.MonkeyPatch.context() as patch:
            patch.setenv("DISPLAY", f":{stated.readline().strip()}")
            yield
    finally:
        server.terminate()
        server.wait()


class VirtualRoot:
    """Tk's event loop on a clock of its own, which only waiting moves on."""

    def __init__(self):
        self._now, self._numbers, self._due, self._bound, self._open = 0, count(), [], {}, True

    def after(self, milliseconds, call, *arguments):
        number = next(self._numbers)
        heappush(self._due, (self._now + milliseconds, number, call, arguments))
        return number

    def after_cancel(self, number):
        self._due = sorted(each for each in self._due if each[1] != number)

    def bind(self, pattern, call):
        self._bound[pattern] = call

    def event_generate(self, pattern):
        kind, key = pattern[1:-1].split("-")
        self._bound[f"<{kind}>"](SimpleNamespace(keysym=key))

    def mainloop(self):
        while self._open:
            self._now, _, call, arguments = heappop(self._due)
            call(*arguments)

    def destroy(self):
        self._open = False

    title = configure = focus_force = lambda self, *_, **__: None


@pytest.fixture
def virtual(monkeypatch):
    """A window without a display, in which no time passes but what the test says."""
    tkinter = SimpleNamespace(Tk=VirtualRoot, Label=MagicMock(), TclError=RuntimeError)
    monkeypatch.setitem(sys.modules, "tkinter", tkinter)
    monkeypatch.setattr(PIL, "ImageTk", MagicMock(), raising=False)
    return Window


def typed(window: Window, events: list[tuple[int, str]]) -> None:
    """Has keys typed at times, ms; a "repeat" is what a held key sends."""

    def send(event: str) -> None:
        for each in ("<KeyRelease-Up>", "<KeyPress-Up>") if event == "repeat" else (event,):
            window.root.event_generate(each)

    for at, event in events:
        window.root.after(300 + at, send, event)  # once it has the focus
    window.root.focus_force()


def test_on_the_grid_a_key_is_one_action_however_long_it_is_held(virtual):
    keys, window = Keys(last=3), virtual("grid")
    held = [(50, "<KeyPress-Up>"), *((60 + 10 * i, "repeat") for i in range(6))]
    others = ["<KeyPress-Left>", "<KeyRelease-Left>", "<KeyPress-Right>", "<KeyPress-Return>"]
    others = [(400 + 100 * i, event) for i, event in enumerate(others)]
    typed(window, [*held, (200, "<KeyRelease-Up>"), *others])
    window.play(keys, walk=False)
    assert keys.pressed == ["Up", "Left", "Right"]


def test_a_key_that_was_let_go_is_an_action_again(virtual):
    keys, window = Keys(last=2), virtual("grid")
    presses = [(0, "<KeyPress-Up>"), (50, "<KeyRelease-Up>"), (100, "<KeyPress-Up>")]
    typed(window, [*presses, (200, "<KeyPress-Return>")])
    window.play(keys, walk=False)
    assert keys.pressed == ["Up", "Up"]


def test_walking_goes_on_while_a_key_is_held(virtual):
    keys, window = Keys(last=4), virtual("walk")
    typed(window, [(0, "<KeyPress-Up>"), (2500, "<KeyPress-Return>")])
    window.play(keys, walk=True)
    assert keys.pressed == ["Up"] * 4, "one key, four steps"


def test_a_window_on_a_display_takes_keys(display):
    keys, window = Keys(last=3), Window("grid")
    names = ("Up", "Left", "Right", "Return")
    typed(window, [(i, f"<KeyPress-{name}>") for i, name in enumerate(names)])
    window.root.after(int(GIVE_UP * 1000), window.root.destroy)  # should nothing else end it
    window.play(keys, walk=False)
    assert keys.pressed == ["Up", "Left", "Right"]


def test_without_a_display_the_error_says_what_to_do(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(UserError, match=r"there is no display for a window .*ssh -X") as error:
        Window("nowhere")
    assert "\n" not in str(error.value)


def test_without_tkinter_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "tkinter", None)
    with pytest.raises(
        UserError, match=r"a window needs tkinter .*install python3-tk.*browser=true"
    ):
        Window("nowhere")


def test_usage_errors_are_one_line(monkeypatch):

    monkeypatch.delenv("DISPLAY", raising=False)
    for settings, message in (
        (PlayConfig(maze=-2), "maze is -2"),
        (PlayConfig(agent_path="/nowhere"), "/nowhere does not exist; train one with rl2-train"),
        (PlayConfig(), "there is no display"),
    ):
        with pytest.raises(UserError, match=message):
            play.run(settings)


class Spinner:
    """In place of the window: turns on the spot until all episodes are over."""

    def __init__(self, title: str):
        self.title = title

    def play(self, session: Session, walk: bool) -> None:
        while not session.over:
            session.press("Left")


def test_a_whole_run_ends_with_its_figures(monkeypatch, capsys):

    monkeypatch.setattr(play, "Window", Spinner)
    play.run(PlayConfig(maze=2, seed=0))
    *_, shortest, figures = capsys.readouterr().out.splitlines()
    lengths = json.loads(figures)
    assert lengths["maze"] == 2
    assert lengths["you"] == [50, 50]
    assert shortest.split()[:3] == ["shortest", "path", str(lengths["shortest path"][0])]


def test_the_agent_plays_the_same_maze(corner):
    spaces = Spaces(num_actions=3, image_shape=(30, 40, 3))
    agent = RL2Agent(
        spaces, RL2Settings(conv=[[4, 8, 4]], dense_size=8, memory=GRUSettings(hidden_size=8))
    )
    lengths, successes = outcomes_of(trial_of_agent(agent, corner, GRID, seed=0))
    assert len(lengths) == len(successes) == 2
    assert all(5 <= length <= 9 for length in lengths)
    assert all(won or length == 9 for length, won in zip(lengths, successes, strict=True))
