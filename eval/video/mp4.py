"""Writes an MP4 that every player takes: H.264, yuv420p, each frame exactly once."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import UserError, first_line
from ...core.storage.files import replacing

REMEDY = "reinstall imageio-ffmpeg, which brings one, or set IMAGEIO_FFMPEG_EXE to yours"


def write_mp4(
    frames: Iterable[np.ndarray],
    num_frames: int,
    fps: int | float,
    path: Path | str,
    crf: int = 23,
) -> None:
    """Encodes frames as they come; the file appears under its name when it is complete.

    Args:
        frames: [height, width, 3] uint8 RGB each, both sides even.
        num_frames: How many there are.
        fps: Frames a second.
        path: Of the file; its folder must exist.
        crf: H.264's constant rate factor; 30 makes a third of 23's bytes, and coarser textures.

    Raises:
        UserError: The folder cannot be written to, or there is no ffmpeg that works.
    """
    clip_of = _moviepy()
    with replacing(Path(path)) as part:
        frame_at = _in_order(frames)
        height, width, _ = frame_at(0).shape
        if height % 2 or width % 2:
            raise ValueError(f"frames are {width}x{height}; players need both sides to be even")
        # moviepy asks for times, and its own rounding drops or repeats frames at many rates:
        # rounding to the nearest frame, and a little more time than the frames take, is exact.
        clip = clip_of(
            lambda t: frame_at(min(int(t * fps + 0.5), num_frames - 1)),
            duration=(num_frames + 1e-3) / fps,
        )
        try:
            clip.write_videofile(
                str(part),
                fps=fps,
                codec="libx264",
                audio=False,
                preset="veryfast",  # against the default: 4 % larger, in three fifths of the time
                pixel_format="yuv420p",
                ffmpeg_params=["-crf", str(crf), "-movflags", "+faststart"],
                logger=None,
            )
        except OSError as error:  # moviepy's, when ffmpeg ends before the last frame
            raise UserError(
                f"MP4 needs ffmpeg, which stopped ({first_line(error)}); free some space for "
                f"{path}, or {REMEDY}"
            ) from error
        if not part.stat().st_size:
            raise UserError(f"MP4 needs ffmpeg, which wrote nothing; {REMEDY}")


def _moviepy() -> Any:
    """Its VideoClip, if it has an ffmpeg to write with."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
        from moviepy import VideoClip

        ffmpeg = get_ffmpeg_exe()
    except RuntimeError:
        raise UserError(f"MP4 needs ffmpeg, and none was found; {REMEDY}") from None
    if shutil.which(ffmpeg) is None:
        raise UserError(f"MP4 needs ffmpeg, and {ffmpeg} is none that runs; {REMEDY}")
    return VideoClip


def _in_order(frames: Iterable[np.ndarray]) -> Callable[[int], np.ndarray]:
    """Access by index to frames that come one after the other; never back."""
    coming = enumerate(frames)
    current = next(coming)

    def frame_at(index: int) -> np.ndarray:
        nonlocal current
        while current[0] < index:
            current = next(coming)
        return current[1]

    return frame_at
