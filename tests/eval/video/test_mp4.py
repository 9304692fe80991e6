"""The file that comes out: every frame once, in a format that every player takes."""

import av
import numpy as np
import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.video.mp4 import write_mp4


def numbered(index: int) -> np.ndarray:
    """A picture that tells its number: a bar as long as it, on a soft gradient."""
    picture = np.tile(np.linspace(40, 90, 160).astype(np.uint8)[None, :, None], (96, 1, 3))
    picture[30:60, : 2 * index + 2] = 220
    return picture


def decode(path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("fps", [8.75, 10, 12, 15, 24, 25, 30, 35])
def test_every_frame_appears_once_and_in_order(fps, tmp_path):
    path = tmp_path / "film of numbers.mp4"
    write_mp4((numbered(i) for i in range(60)), 60, fps, path)
    shown = decode(path)
    assert len(shown) == 60
    for i, picture in enumerate(shown):
        assert np.abs(picture.astype(int) - numbered(i)).mean() < 2
        assert (picture[45] > 155).all(axis=1).sum() == pytest.approx(2 * i + 2, abs=1)


def test_format(tmp_path):
    path = tmp_path / "film.mp4"
    write_mp4((numbered(i) for i in range(10)), 10, 30, path)
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 30
        assert (stream.width, stream.height) == (160, 96)
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


def failing(after: int):
    for i in range(after):
        yield numbered(i)
    raise RuntimeError("the camera broke")


@pytest.mark.parametrize("after", [0, 5])
def test_a_failure_leaves_nothing_behind_and_the_old_file_as_it_was(after, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="the camera broke"):
        write_mp4(failing(after), 10, 30, path)
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
    assert path.read_bytes() == b"old"


def test_odd_sides_are_refused(tmp_path):
    with pytest.raises(ValueError, match="frames are 159x96; players need both sides"):
        write_mp4(iter([numbered(0)[:, 1:]]), 1, 30, tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for folder in (tmp_path / "missing", file):
        with pytest.raises(UserError, match=f"{folder / 'film.mp4'} cannot be written") as error:
            write_mp4(iter([numbered(0)]), 1, 30, folder / "film.mp4")
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("how", ["none found", "none that runs", "stops", "writes nothing"])
def test_without_ffmpeg_the_error_says_what_to_do(how, tmp_path, monkeypatch):
    def none_found():
        raise RuntimeError("No ffmpeg exe could be found.")

    program, out = tmp_path / "ffmpeg", tmp_path / "out"
    out.mkdir()
    if how in ("stops", "writes nothing"):
        program.write_text(f"#!/bin/sh\n{'exit 1' if how == 'stops' else 'cat > /dev/null'}\n")
        program.chmod(0o755)
        monkeypatch.setattr("moviepy.video.io.ffmpeg_writer.FFMPEG_BINARY", str(program))
    found = none_found if how == "none found" else lambda: str(program)
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", found)
    with pytest.raises(UserError, match=r"MP4 needs ffmpeg.*reinstall imageio-ffmpeg") as error:
        write_mp4((numbered(i) for i in range(20)), 20, 30, out / "film.mp4")
    assert "\n" not in str(error.value)
    assert not list(out.iterdir())
