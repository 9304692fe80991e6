"""Progress bars: often drawn on a terminal, seldom in a log."""

import io

import pytest

from rl2_mazes.core.progress import SECONDS_IN_A_LOG, progress_bar


class Terminal(io.StringIO):
    """A stderr that is watched."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "seconds"), [(Terminal(), 0.5), (io.StringIO(), SECONDS_IN_A_LOG)]
)
def test_a_bar_is_drawn_less_often_where_nobody_watches(stream, seconds, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream)
    with progress_bar(total=1000, desc="counting") as bar:
        assert bar.mininterval == seconds
        for _ in range(1000):
            bar.update()
    assert "1000/1000" in stream.getvalue()


def test_settings_come_first(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_bar(total=1, mininterval=2.0) as bar:
        assert bar.mininterval == 2.0
