"""The demo: one page that stands alone, of one trial in a maze that is new to the agent."""

import json
import re

import pytest
import torch

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval import demo
from rl2_mazes.eval.demo import DemoConfig
from rl2_mazes.eval.human import browser, game
from rl2_mazes.mazes.planning.shortest_paths import shortest_grid_steps
from rl2_mazes.mazes.tasks import MazeSet

FILM = "data:image/webp;base64,UklGRg=="


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """A browser that opens what it is given, and a current folder."""
    addresses = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setattr(browser.webbrowser, "open", lambda page: addresses.append(page) or True)
    return addresses


def cells(page):
    return [re.findall(r">([^<>]+)</t[hd]>", row) for row in re.findall("<tr>.*?</tr>", page)]


def test_the_page_states_the_trial_and_opens(opened, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "film_of", lambda *_: FILM)
    demo.run(DemoConfig(seed=4))
    headline, figures = capsys.readouterr().out.splitlines()
    known = json.loads(figures)
    page = tmp_path / known["page"]
    text = page.read_text(encoding="utf-8")
    assert opened == [page.as_uri()]
    first, second = known["steps"]
    assert headline.startswith(f"{first} steps, then {second} steps (maze {known['maze']}, ")
    head, agent, explorer, shortest = cells(text)
    assert head[1:] == ["episode 1", "episode 2"]
    assert agent == ["this agent", f"{first} steps", f"{second} steps"]
    assert explorer[0] == "scripted explorer"
    assert shortest[1] == shortest[2] == f"{headline.split()[-2]} steps"
    assert text.count("data:image/png") == 2
    assert FILM in text
    assert f"maze={known['maze']}" in text
    assert re.findall(r'(?:src|href)="(?!data:)', text) == []

    demo.run(DemoConfig(seed=4))
    assert page.read_text(encoding="utf-8") == text, "a seed repeats the page"


def test_of_the_drawn_mazes_the_one_of_the_longest_shortest_path_is_shown():
    suite, _ = game.choose_game(None, None, "test")
    mazes = MazeSet.draw(suite.tasks)
    for seed in range(3):
        number, maze = game.choose_maze_to_show(suite, seed)
        draw = torch.Generator().manual_seed(seed)
        drawn = torch.randint(game.NUM_MAZES, (game.CANDIDATES,), generator=draw).tolist()
        assert number in drawn
        assert mazes[number].content_hash == maze.content_hash
        steps = [shortest_grid_steps(mazes[each]) for each in drawn]
        assert min(steps) < max(steps) == shortest_grid_steps(maze)


def test_without_film_or_browser_there_is_a_page_all_the_same(monkeypatch, tmp_path, capsys):
    def fail(*_):
        raise UserError("ViZDoom cannot be started <here>")

    for name in browser.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(demo, "film_of", fail)
    demo.run(DemoConfig(maze=3, seed=0, output_dir=str(tmp_path)))
    _, path, _ = capsys.readouterr().out.splitlines()
    page = tmp_path / demo.PAGE
    assert path == f"no browser could be started; open {page}"
    assert "Not filmed: ViZDoom cannot be started &lt;here&gt;." in page.read_text("utf-8")


def test_mistakes_are_one_line(tmp_path):
    (tmp_path / "file").touch()
    for settings, message in (
        (DemoConfig(agent_path="pretrained/dem"), "did you mean pretrained/demo"),
        (DemoConfig(output_dir=str(tmp_path / "file" / "x"), seed=0, maze=0), "cannot be written"),
    ):
        with pytest.raises(UserError, match=message):
            demo.run(settings)
