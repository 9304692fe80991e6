"""Sizes, speed and colours of films."""

from dataclasses import dataclass

BACKGROUND = (22, 23, 28)
TEXT, QUIET, GOOD, BAD = (240, 240, 244), (150, 152, 162), (120, 220, 130), (255, 130, 110)


@dataclass(frozen=True, eq=False)
class Style:
    """Sizes of a panel, in pixels, and speed of the film.

    Attributes:
        view: Width and height, a resolution of the engine. The map is as wide.
        gap: Space between views and maps, and around them.
        fps: Frames per second.
        per_step: Frames per step, by movement.
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
        """Height of the lines above the view."""
        return self.gap // 2 + self.large + 2 * self.small

    @property
    def key_height(self) -> int:
        """Height of the line below the map."""
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
        """Rows and columns of a panel."""
        height = self.caption_height + self.view[1] + self.gap + self.view[0] + self.key_height
        return height + height % 2, self.view[0]


# Walking shows the views themselves, at 15 steps per second; in real time it would be 8.75.
FOR_MP4 = Style(view=(400, 300), gap=16, fps=30, per_step={"grid": 6, "walk": 2})
FOR_WEBP = Style(view=(256, 192), gap=10, fps=15, per_step={"grid": 3, "walk": 1})
