"""Weights that a wheel does not hold: fetched by name, and only the file that a card describes."""

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rl2_mazes.agents.training.checkpoint import load_agent
from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.download import VARIABLE, downloaded_folder
from rl2_mazes.core.errors import UserError

NAME = "bandit_k5_n10/seed_0"
FILE = f"{NAME}.safetensors"
PUBLISHED = cards.PRETRAINED


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def source(tmp_path):
    """A folder with the weights, as in a checkout."""
    (tmp_path / "a source" / NAME).parent.mkdir(parents=True)
    return Path(shutil.copy(PUBLISHED / FILE, tmp_path / "a source" / FILE)).parents[1]


@pytest.fixture(autouse=True)
def from_a_wheel(tmp_path, monkeypatch):
    """An installation with the card alone, an empty cache and no source."""
    folder = tmp_path / "installed"
    (folder / NAME).parent.mkdir(parents=True)
    shutil.copy(PUBLISHED / f"{NAME}.json", folder / f"{NAME}.json")
    monkeypatch.setattr(cards, "PRETRAINED", folder)
    monkeypatch.setenv("RL2_MAZES_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


def test_an_agent_is_fetched_from_a_folder_and_kept(source, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, f"{source}/")
    _, trained = load_agent("pretrained/bandit_k5_n10")
    assert trained.all_steps == cards.read_card(NAME).steps
    assert f"fetched pretrained/{NAME}" in capsys.readouterr().err
    kept = downloaded_folder() / FILE
    assert cards.name_of(kept) == NAME

    monkeypatch.delenv(VARIABLE)
    load_agent("pretrained/bandit_k5_n10")
    assert not capsys.readouterr().err
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(UserError, match="altered"):
        load_agent(kept)
    with pytest.raises(UserError, match="not installed"):  # as if the cache had none
        load_agent("pretrained/bandit_k5_n10")


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_an_agent_is_fetched_from_an_address(source, monkeypatch, scheme):
    handler = partial(Quiet, directory=str(source.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = {"http": f"127.0.0.1:{server.server_port}", "file": source.parent}[scheme]
        monkeypatch.setenv(VARIABLE, f"{scheme}://{host}/a source")
        load_agent(f"pretrained/{NAME}")
        shutil.rmtree(downloaded_folder())
        monkeypatch.setenv(VARIABLE, f"{scheme}://{host}/nowhere")
        with pytest.raises(UserError, match=rf"cannot be fetched from {scheme}:.*a checkout has"):
            load_agent(f"pretrained/{NAME}")
        server.shutdown()


@pytest.mark.parametrize(
    ("base", "says"),
    [
        (None, f"weights of pretrained/{NAME} are not installed; a checkout has all .* {VARIABLE}"),
        ("nowhere", rf"cannot be fetched from nowhere/{FILE} \(No such file"),
        ("http://127.0.0.1:9", "Connection refused"),
        ("https:///", "cannot be fetched"),
    ],
)
def test_without_a_source_the_error_says_where_to_get_the_agent(monkeypatch, base, says):
    if base:
        monkeypatch.setenv(VARIABLE, base)
    with pytest.raises(UserError, match=says):
        load_agent(f"pretrained/{NAME}")
    assert not downloaded_folder().exists()


def test_another_file_under_that_name_is_refused(source, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(source))
    (source / FILE).write_bytes(b"another agent")
    with pytest.raises(UserError, match=r"is not pretrained/.*its sha256 is not the card's"):
        load_agent(f"pretrained/{NAME}")
    assert not downloaded_folder().exists()


def test_a_cache_that_cannot_be_made_is_named(source, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(source))
    (tmp_path / "cache").touch()
    with pytest.raises(UserError, match=r"cannot be made .* set RL2_MAZES_CACHE"):
        load_agent(f"pretrained/{NAME}")
