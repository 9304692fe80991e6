"""The game in the browser: its server by hand, and its page in a real one."""

import http.client
import json
import threading
from contextlib import closing

import pytest
from support.recorded import GRID

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval import play
from rl2_mazes.eval.human import shown
from rl2_mazes.eval.human.browser import DISPLAYS
from rl2_mazes.eval.human.rounds import Round, comparison
from rl2_mazes.eval.human.server import HOST, PlayServer
from rl2_mazes.eval.play import PlayConfig
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks

WAY = ["Up", "Up", "Left", "Up", "Up"]  # in the corner maze
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
SUITE = MazeSuite(tasks=MazeTasks(), rules=GRID)


@pytest.fixture
def served(corner, tmp_path, monkeypatch):
    """A server in a thread, on the corner maze; films are not made."""
    monkeypatch.setattr(shown, "film_of", lambda *_: PIXEL)
    rounds = lambda index: Round(SUITE, index, corner, None, None, seed=0)  # noqa: E731
    with closing(PlayServer(rounds, walk=False, scores=tmp_path / "new" / "scores")) as server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        server._server.shutdown()
        thread.join()


def ask(server, name, sent=None, word=True):
    path = f"/{server._word}/{name}" if word else f"/{name}"
    return request(server._server.server_port, path, sent)


def request(port, path, sent):
    """Status and content of an answer."""
    body = None if sent is None else json.dumps(sent)
    with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
        connection.request("GET" if sent is None else "POST", path, body)
        answer = connection.getresponse()
        content = answer.read()
    is_json = answer.headers.get_content_subtype() == "json"
    return answer.status, json.loads(content) if is_json else content


def test_two_episodes_end_in_a_comparison_and_a_saved_score(served, tmp_path):
    assert ask(served, "view")[1][:4] == b"\x89PNG"
    assert ask(served, "save", {"name": "x"})[1]["error"] == "both episodes must be over"
    for key in ["Right"] * 9 + ["nothing"] + WAY:
        _, state = ask(served, "press", {"key": key})
    assert state["over"]
    assert state["text"] == "episode 1: not found in 9; episode 2: 5 steps"
    _, result = ask(served, "result")
    assert result["rows"][0] == ["you", "not found in 9", "5 steps"]
    assert [row[0] for row in result["rows"]] == ["you", "explorer", "shortest path"]
    assert result["comparison"].endswith("as many as the shortest path.")
    assert [each["name"] for each in result["films"]] == ["you"]
    for name in ("Ada <b>", "é" * 99):
        assert ask(served, "save", {"name": name})[1]["error"] == ""
    first, second = (tmp_path / "new" / "scores").read_text("utf-8").splitlines()
    assert json.loads(first)["name"] == "Ada <b>"
    assert json.loads(first)["steps"]["you"] == [9, 5]
    assert len(json.loads(second)["name"]) == 60
    assert ask(served, "again", {})[1]["text"] == "episode 1, step 0"
    assert served.played[-1].number == 1


def test_strangers_and_nonsense_are_refused(served):
    assert ask(served, "state", word=False)[0] == 404
    assert ask(served, "press", word=True)[0] == 404, "a key is sent, not asked for"
    assert ask(served, "press", [1])[0] == 400
    assert ask(served, "close", {})[0] == 404
    with pytest.raises(UserError, match=r"port \d+ cannot be used .* give another"):
        PlayServer(None, False, None, port=served._server.server_port)


def test_the_comparison_is_of_second_episodes():
    rows = {"you": ([9, 7], [True, True]), "agent": ([9, 9], [True, False])}
    rows["explorer"] = [5, 8], [True, True]
    assert comparison(rows) == (
        "Your second path had 7 steps: "
        "the agent did not find the target; 1 fewer than the explorer."
    )
    rows["you"] = [9, 9], [True, False]
    assert comparison(rows) == "You did not find the target in episode 2."


def test_the_program_serves_until_the_page_ends_it(monkeypatch, capsys):
    def visit(address):
        threading.Thread(target=leave, args=[address], daemon=True).start()
        return True

    def leave(address):
        host, _, word = address.removeprefix("http://").rstrip("/").partition("/")
        request(int(host.partition(":")[2]), f"/{word}/end", {})

    monkeypatch.setattr(play, "open_page", visit)
    play.run(PlayConfig(browser=True, maze=2, seed=0))
    assert capsys.readouterr().out.startswith(f"playing in the browser http://{HOST}:")


def test_without_a_browser_it_says_which_page_to_open(monkeypatch, capsys):
    class Server:
        address, played = f"http://{HOST}:1/word/", ()

        def __init__(self, *_):
            pass

        def serve(self):
            raise KeyboardInterrupt

        def close(self):
            pass

    monkeypatch.setattr(play, "PlayServer", Server)
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    play.run(PlayConfig(browser=True, maze=2, seed=0))
    assert capsys.readouterr().out == f"no browser could be started; open {Server.address}\n"
    play.run(PlayConfig(browser=True, maze=2, seed=0, open=False))
    assert capsys.readouterr().out == f"open {Server.address}\n"


@pytest.mark.slow
def test_the_page_plays_by_keyboard_and_buttons(browser, served):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    def wait(for_what):
        WebDriverWait(browser, 60, poll_frequency=0.05).until(for_what)

    def click(selector):  # wherever the page has moved it while films load
        browser.execute_script("document.querySelector(arguments[0]).click()", selector)

    def text(name):
        return browser.find_element(By.ID, name).text

    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get_log("browser")
    browser.get(served.address)
    wait(lambda _: text("text") == "episode 1, step 0")
    width = "return document.getElementById('view').naturalWidth"
    wait(lambda _: browser.execute_script(width) == 640)
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.ARROW_RIGHT * 8)
    browser.find_element(By.CSS_SELECTOR, "[data-key=Right]").click()
    wait(lambda _: "episode 1: not found in 9" in text("text"))
    body.send_keys(Keys.ARROW_UP, "w", "a", Keys.ARROW_UP, Keys.ARROW_UP)
    wait(lambda _: "Your second path had 5 steps" in text("comparison"))
    assert "not found in 9" in text("rows")
    assert len(browser.find_elements(By.CSS_SELECTOR, "#films img")) == 1
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    browser.find_element(By.ID, "name").send_keys("wad")  # letters of a name are no keys
    click("#save button")
    wait(lambda _: text("saved").startswith("saved to"))
    click("#again")
    wait(lambda _: text("text") == "episode 1, step 0")
    assert text("title") == "maze 1 of split train"
    assert browser.get_log("browser") == []
    click("[data-key=Up]")
    wait(lambda _: text("text") == "episode 1, step 1")
