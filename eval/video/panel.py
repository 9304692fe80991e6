"""Panel of one episode in a frame: title and step, the view, the map, and a key of its lines."""

from functools import lru_cache

import numpy as np

from ...mazes.topdown import Colour
from .style import BACKGROUND, QUIET, TEXT, Style


def draw_panel(
    style: Style,
    title: str,
    step: int,
    remark: tuple[str, Colour],
    view: np.ndarray,
    overview: np.ndarray,
    key: str = "",
) -> np.ndarray:
    """Draw a panel.

    Args:
        style: Sizes.
        title: Title of the episode.
        step: Step counter.
        remark: Text below the title, and its colour.
        view: View of the agent, [*style.view[::-1], 3] uint8.
        overview: Map, [width, width, 3] uint8.
        key: Key of the map's lines.

    Returns:
        [*style.panel_size, 3] uint8.
    """
    picture = _lettering(style, title, f"step {step}", remark, key).copy()
    picture[style.view_box] = view
    picture[style.map_box] = overview
    return picture


def beside(panels: list[np.ndarray], gap: int) -> np.ndarray:
    """Panels side by side, with gaps between, beside and below them, [H, W, 3] uint8."""
    height, width, _ = panels[0].shape
    frame = np.full((height, len(panels) * (width + gap) + gap, 3), BACKGROUND, dtype=np.uint8)
    for index, each in enumerate(panels):
        left = gap + index * (width + gap)
        frame[:, left : left + width] = each
    return frame


@lru_cache(maxsize=8)
def _lettering(
    style: Style, title: str, counter: str, remark: tuple[str, Colour], key: str
) -> np.ndarray:
    """A panel without view and map, [*style.panel_size, 3] uint8."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = style.panel_size
    image = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(style.large), ImageFont.load_default(style.small)
    line = style.gap // 2 + style.large
    draw.text((0, line), title, TEXT, large, anchor="ls")
    draw.text((width, line), counter, TEXT, large, anchor="rs")
    draw.text((0, style.caption_height - style.small // 2), *remark, small, anchor="ls")
    draw.text((0, height - style.key_height // 2), key, QUIET, small, anchor="lm")
    return np.asarray(image)
