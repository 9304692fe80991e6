"""The game as a web page on this machine: the engine stays here, the page shows it and sends keys.

Only this machine reaches the server, and only who knows the address, which holds a random word: a
page of another site cannot press keys here.
"""

import json
import secrets
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from ...core.errors import UserError
from .rounds import NewRound, Round
from .session import KEYS
from .shown import render

HOST = "127.0.0.1"
MOST_BYTES = 1000  # of what the page sends
MOST_LETTERS = 60  # of a name


class PlayServer:
    """Serves rounds, one after the other, until the page ends the game.

    Attributes:
        address: Of the page.
        played: Rounds so far.

    Args:
        rounds: Makes the n-th round, from 0.
        walk: Whether a held key acts again and again.
        scores: File that scores are saved to.
        port: 0 for a free one.

    Raises:
        UserError: The port cannot be used.
    """

    def __init__(self, rounds: NewRound, walk: bool, scores: Path, port: int = 0):
        self.played: list[Round] = []
        self._rounds, self._walk, self._scores = rounds, walk, scores
        self._lock = Lock()  # the engine takes one call at a time
        self._word = secrets.token_urlsafe(8)
        try:
            self._server = ThreadingHTTPServer((HOST, port), partial(_Handler, self))
        except OSError as error:
            raise UserError(
                f"port {port} cannot be used ({error.strerror}); give another"
            ) from None
        self._server.daemon_threads = True
        self.address = f"http://{HOST}:{self._server.server_port}/{self._word}/"
        self._begin()

    def serve(self) -> None:
        """Serve until the page ends the game."""
        self._server.serve_forever(poll_interval=0.1)

    def close(self) -> None:
        """End the server and the engine."""
        self._server.server_close()
        self.played[-1].close()

    def answer(self, path: str, sent: dict[str, Any] | None) -> tuple[str, bytes] | None:
        """Type and content of an answer; None if there is no such page.

        Args:
            path: Of the request.
            sent: Values that the page sent; None if it only asks.
        """
        calls: dict[str, Callable[..., Any]] = {
            name.removeprefix("_get_" if sent is None else "_post_"): getattr(self, name)
            for name in dir(self)
            if name.startswith("_get_" if sent is None else "_post_")
        }
        word, _, name = path.partition("?")[0].removeprefix("/").partition("/")
        if word != self._word or (name or "page") not in calls:
            return None
        with self._lock:
            found = calls[name or "page"](*([] if sent is None else [sent]))
        if isinstance(found, tuple):
            return found
        return "application/json", json.dumps(found).encode()

    @property
    def _round(self) -> Round:
        return self.played[-1]

    def _begin(self) -> None:
        if self.played:
            self._round.close()
        self.played.append(self._rounds(len(self.played)))

    def _get_page(self) -> tuple[str, bytes]:
        page = render("play.html", walk=self._walk, keys=sorted(KEYS), most=MOST_LETTERS)
        return "text/html; charset=utf-8", page.encode()

    def _get_view(self) -> tuple[str, bytes]:
        from PIL import Image

        written = BytesIO()
        Image.fromarray(self._round.session.picture).save(written, "png", compress_level=1)
        return "image/png", written.getvalue()

    def _get_state(self) -> dict[str, Any]:
        session = self._round.session
        title = f"maze {self._round.number} of split {self._round.suite.split}"
        return {"title": title, "text": session.status, "over": session.over}

    def _post_press(self, sent: dict[str, Any]) -> dict[str, Any]:
        self._round.session.press(str(sent.get("key")))
        return self._get_state()

    def _get_result(self) -> dict[str, Any]:
        return self._round.result if self._round.session.over else {"rows": []}

    def _post_save(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not self._round.session.over:
            return {"saved": "", "error": "both episodes must be over"}
        try:
            self._round.save(str(sent.get("name", ""))[:MOST_LETTERS], self._scores)
        except UserError as error:
            return {"saved": "", "error": str(error)}
        return {"saved": str(self._scores), "error": ""}

    def _post_again(self, _: dict[str, Any]) -> dict[str, Any]:
        self._begin()
        return self._get_state()

    def _post_end(self, _: dict[str, Any]) -> dict[str, Any]:
        from threading import Thread

        Thread(target=self._server.shutdown, daemon=True).start()  # it waits for this answer
        return {}


class _Handler(BaseHTTPRequestHandler):
    """Passes requests of the page on."""

    timeout = 30  # of a connection on which nothing is asked

    def __init__(self, game: PlayServer, *arguments: Any):
        self._game = game
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """A page, a picture or a state."""
        self._answer(None)

    def do_POST(self) -> None:
        """A key, or a button."""
        try:
            size = min(int(self.headers.get("Content-Length", 0)), MOST_BYTES)
            sent = json.loads(self.rfile.read(size))
        except ValueError:
            sent = None
        if isinstance(sent, dict):
            self._answer(sent)
        else:
            self.send_error(400)

    def _answer(self, sent: dict[str, Any] | None) -> None:
        found = self._game.answer(self.path, sent)
        if found is None:
            self.send_error(404)
            return
        kind, content = found
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""
