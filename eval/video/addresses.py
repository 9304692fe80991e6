"""Pictures and films as addresses, for pages that need no other file."""

import base64
from io import BytesIO

import numpy as np

COLOURS = 128  # of a picture's palette


def as_picture(pixels: np.ndarray) -> str:
    """Pixels [H, W, 3] uint8 as a PNG of few colours, which maps have, in a data URI."""
    from PIL import Image

    written = BytesIO()
    Image.fromarray(pixels).quantize(COLOURS).save(written, "png", optimize=True)
    return data_uri("image/png", written.getvalue())


def data_uri(kind: str, content: bytes) -> str:
    """A file's content as an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
