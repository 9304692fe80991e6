"""PNG pictures of few colours: a third of the bytes, for maps and figures that lie in the tree."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...core.storage.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = 64


def write_png(pixels: np.ndarray, path: Path, colours: int = COLOURS) -> None:
    """Write a picture with a palette.

    Args:
        pixels: [height, width, 3] uint8 RGB.
        path: File to write.
        colours: Size of the palette, at most 256.

    Raises:
        UserError: The file cannot be written.
    """
    from PIL import Image

    with replacing(path) as part:
        Image.fromarray(pixels).quantize(colours).save(part, "png", optimize=True)


def write_figure(figure: "Figure", path: Path, colours: int = COLOURS) -> None:
    """Draw a matplotlib figure and write it as `write_png` does; equal figures give equal files."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    write_png(np.array(canvas.buffer_rgba())[..., :3], path, colours)
