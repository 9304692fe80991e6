"""Writes an animated WebP, which web pages and READMEs play like a picture, without end."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ...core.storage.files import replacing

QUALITY = 40  # of 100; three quarters of the bytes of 60
EFFORT = 4  # of 6; more is slower and smaller


def write_webp(
    frames: Iterable[np.ndarray], fps: int | float, path: Path | str, every: int = 1
) -> None:
    """Encodes frames; a picture that does not change is stored once, with the time it stays.

    Args:
        frames: [height, width, 3] uint8 RGB each.
        fps: Frames a second.
        path: Of the file; its folder must exist.
        every: Shows one frame of so many, as long as they all would take, and the last picture.

    Raises:
        UserError: The folder cannot be written to.
    """
    from PIL import Image

    with replacing(Path(path)) as part:
        pictures, ends = [], []
        for index, frame in enumerate(frames, start=1):
            end = round(1000 * index / fps)  # rounded ends: the film stays in time
            if pictures and ((index - 1) % every or np.array_equal(frame, pictures[-1])):
                ends[-1] = end
            else:
                pictures.append(frame)
                ends.append(end)
        pictures[-1] = frame  # where it would have been left out
        first, *others = map(Image.fromarray, pictures)
        first.save(
            part,
            save_all=True,
            append_images=others,
            duration=np.diff(ends, prepend=0).tolist(),
            loop=0,
            quality=QUALITY,
            method=EFFORT,
        )
