"""One episode in a film: what it is and its step above, then its view, its map, and a key."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...mazes.topdown import Colour

BACKGROUND = (22, 23, 28)
TEXT, QUIET, GOOD, BAD = (240, 240, 244), (150, 152, 162), (120, 220, 130), (255, 130, 110)


@dataclass(frozen=True, eq=False)
class Style:
    """Sizes of a panel, in pixels, and how fast the film runs.

    Attributes:
        view: Width and height; a resolution that the engine has. The map is as wide.
        gap: Between pictures, and around them.
        fps: Frames a second.
        per_step: Frames to a step, by movement.
    """

    view: tuple[int, int]
    gap: int
    fps: int
    per_step: dict[str, int]

    @property
    def large(self) -> int:
        """Height of the title's letters."""
        return self.view[0] // 16

    @property
    def small(self) -> int:
        """Height of other letters."""
        return self.view[0] // 22

    @property
    def caption_height(self) -> int:
        """Of the lines above the view."""
        return self.gap // 2 + self.large + 2 * self.small

    @property
    def key_height(self) -> int:
        """Of the line below the map."""
        return 2 * self.small

    @property
    def view_box(self) -> tuple[slice, slice]:
        """Rows and columns of the view in a panel."""
        top, (width, height) = self.caption_height, self.view
        return slice(top, top + height), slice(0, width)

    @property
    def map_box(self) -> tuple[slice, slice]:
        """Rows and columns of the map in a panel."""
        top, width = self.caption_height + self.view[1] + self.gap, self.view[0]
        return slice(top, top + width), slice(0, width)

    @property
    def panel_size(self) -> tuple[int, int]:
        """Rows and columns."""
        height = self.caption_height + self.view[1] + self.gap + self.view[0] + self.key_height
        return height + height % 2, self.view[0]


# Walking shows its pictures as they are, at 15 steps a second; a person would make 8.75.
FOR_MP4 = Style(view=(400, 300), gap=16, fps=30, per_step={"grid": 6, "walk": 2})
FOR_WEBP = Style(view=(256, 192), gap=10, fps=15, per_step={"grid": 3, "walk": 1})


def panel(
    style: Style,
    title: str,
    step: int,
    remark: tuple[str, Colour],
    view: np.ndarray,
    overview: np.ndarray,
    key: str = "",
) -> np.ndarray:
    """Puts a panel together.

    Args:
        style: Its sizes.
        title: Of the episode.
        step: The step counter.
        remark: What is to be said below, and in which colour.
        view: [height, width, 3] uint8, as large as the style says.
        overview: [width, width, 3] uint8, the map.
        key: What the map's lines are.

    Returns:
        [*style.panel_size, 3] uint8.
    """
    picture = _lettering(style, title, f"step {step}", remark, key).copy()
    picture[style.view_box] = view
    picture[style.map_box] = overview
    return picture


def beside(panels: list[np.ndarray], gap: int) -> np.ndarray:
    """Panels in a row, on a background with a gap all around but on top, where each has its own."""
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
    """A panel without its pictures, [*style.panel_size, 3] uint8."""
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
