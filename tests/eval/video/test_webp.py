"""The file that comes out: every picture for as long as it was to be seen."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.video.webp import write_webp


def numbered(index: int) -> np.ndarray:
    """A picture that tells its number: a bar as long as it."""
    picture = np.full((48, 80, 3), 60, dtype=np.uint8)
    picture[16:32, : 2 * index + 2] = 220
    return picture


def decode(path) -> tuple[list[np.ndarray], list[int]]:
    """Pictures, and when each ends, ms."""
    with Image.open(path) as film:
        assert film.info["loop"] == 0
        frames, ends = [], []
        for frame in ImageSequence.Iterator(film):
            frames.append(np.asarray(frame.convert("RGB")))
            ends.append(frame.info["timestamp"] + frame.info["duration"])
    return frames, ends


@pytest.mark.parametrize("fps", [8.75, 15, 30])
def test_every_picture_is_there_and_in_time(fps, tmp_path):
    """Pictures 2, 2, 2 and 7, 7 are stored once each."""
    numbers = [0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 7]
    path = tmp_path / "film.webp"
    write_webp((numbered(i) for i in numbers), fps, path)
    shown, ends = decode(path)
    assert len(shown) == 8
    for i, picture in enumerate(shown):
        assert (picture[24] > 140).all(axis=1).sum() == pytest.approx(2 * i + 2, abs=1)
    last = [len(numbers) - numbers[::-1].index(i) for i in range(8)]
    assert ends == [round(1000 * end / fps) for end in last]
    assert [file.name for file in tmp_path.iterdir()] == ["film.webp"]


def test_of_long_films_not_every_picture(tmp_path):
    write_webp((numbered(i) for i in range(11)), 10, tmp_path / "film.webp", every=3)
    shown, ends = decode(tmp_path / "film.webp")
    bars = [(picture[24] > 140).all(axis=1).sum() for picture in shown]
    assert bars == pytest.approx([2, 8, 14, 22], abs=1)  # the last one instead of picture 9
    assert ends == [300, 600, 900, 1100]


def test_a_film_of_one_picture(tmp_path):
    write_webp([numbered(3)] * 5, 10, tmp_path / "film.webp")
    with Image.open(tmp_path / "film.webp") as film:
        assert film.size == (80, 48)


def test_a_failure_leaves_nothing_behind(tmp_path):
    def failing():
        yield numbered(0)
        raise RuntimeError("the camera broke")

    with pytest.raises(RuntimeError, match="the camera broke"):
        write_webp(failing(), 10, tmp_path / "film.webp")
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match=r"missing/.* cannot be written"):
        write_webp([numbered(0)], 10, tmp_path / "missing" / "film.webp")
