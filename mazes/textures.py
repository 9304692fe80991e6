"""Textures of the mazes, drawn by code, as indices into one palette.

Doom renders in 256 colours. All textures share `PALETTE`, which is also the engine's palette, so
that at full light every renderer shows exactly these pixels. A wall texture covers one face of a
cell (96 x 104 map units, one pixel per unit), the target's texture one face of its box; floor and
ceiling textures repeat every 64 units. Only the target is red.
"""

from dataclasses import dataclass

import numpy as np

from .rules import CEILING_HEIGHT, CELL_SIZE, TARGET_SIZE

FLAT_SIZE = 64  # side of a floor or ceiling tile, pixels and map units
SHADES = 6  # colours of a material, dark to light


@dataclass(frozen=True, eq=False)
class TextureSet:
    """Textures of one maze: palette indices, row 0 at the top (floors: in the north)."""

    name: str
    wall: np.ndarray  # [104, 96] uint8
    floor: np.ndarray  # [64, 64] uint8
    ceiling: np.ndarray  # [64, 64] uint8


_palette = [(0, 0, 0)]  # index 0, black, is not used: the engine may treat it specially


def _material(dark: tuple[int, int, int], light: tuple[int, int, int]) -> np.ndarray:
    """Adds a ramp of colours to the palette; returns its indices [SHADES], dark to light."""
    first = len(_palette)
    ramp = np.linspace(dark, light, SHADES).round().astype(int)
    _palette.extend((int(r), int(g), int(b)) for r, g, b in ramp)
    return np.arange(first, first + SHADES, dtype=np.uint8)


def _grain(height: int, width: int, seed: int, stretch: tuple[int, int] = (1, 1)) -> np.ndarray:
    """Noise in [0, 1), [height, width]; `stretch` repeats each value over rows and columns."""
    rng = np.random.default_rng(seed)
    rows, cols = -(-height // stretch[0]), -(-width // stretch[1])
    noise = rng.random((rows, cols)).repeat(stretch[0], 0).repeat(stretch[1], 1)
    return noise[:height, :width]


def _shade(level: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Levels in [0, 1] to palette indices of a material."""
    return material[np.clip((level * SHADES).astype(int), 0, SHADES - 1)]


def _blocks(height: int, width: int, rows: int, cols: int, shift: bool, seed: int) -> np.ndarray:
    """Masonry: blocks of varying lightness with dark mortar; `shift` offsets every other row."""
    y, x = np.mgrid[:height, :width]
    row = y * rows // height
    across = (x + (row % 2) * (width // cols // 2) * shift) % width
    col = across * cols // width
    tone = np.random.default_rng(seed).random((rows, cols))[row, col]
    level = 0.45 + 0.35 * tone + 0.2 * _grain(height, width, seed + 1)
    edge_row = np.diff(row, axis=0, prepend=-1) != 0
    edge_col = np.diff(col, axis=1, prepend=-1) != 0
    level[edge_row | np.roll(edge_row, 1, 0) | edge_col | np.roll(edge_col, 1, 1)] = 0.0
    return level


def _planks(height: int, width: int, count: int, seed: int) -> np.ndarray:
    """Vertical boards with grain along them and dark gaps."""
    x = np.arange(width)
    board = x * count // width
    tone = np.random.default_rng(seed).random(count)[board]
    level = 0.3 + 0.4 * tone[None] + 0.3 * _grain(height, width, seed + 1, (13, 2))
    level[:, np.diff(board, prepend=-1) != 0] = 0.0
    return level


def _panels(height: int, width: int, rows: int, cols: int, seed: int) -> np.ndarray:
    """Raised plates with rivets: light top and left edges, dark bottom and right edges."""
    y, x = np.mgrid[:height, :width]
    in_y, in_x = y % (height // rows), x % (width // cols)
    level = 0.5 + 0.12 * _grain(height, width, seed, (1, 9))
    level[(in_y < 3) | (in_x < 3)] = 0.95
    level[(in_y >= height // rows - 3) | (in_x >= width // cols - 3)] = 0.05
    level[(abs(in_y - 9) < 2) & (abs(in_x - 9) < 2)] = 0.1
    return level


def _leaves(height: int, width: int, seed: int) -> np.ndarray:
    """Foliage: coarse and fine noise."""
    return 0.6 * _grain(height, width, seed, (6, 6)) + 0.4 * _grain(height, width, seed + 1, (2, 2))


def _target() -> np.ndarray:
    """The target box: red, with a large bright ring on every face."""
    red, bright = _material((150, 0, 0), (255, 20, 20)), _material((255, 90, 60), (255, 235, 120))
    y, x = np.mgrid[:CEILING_HEIGHT, :TARGET_SIZE]
    radius = np.hypot(y - CEILING_HEIGHT / 2 + 0.5, x - TARGET_SIZE / 2 + 0.5)
    face = _shade(0.55 + 0.45 * _grain(CEILING_HEIGHT, TARGET_SIZE, 90, (4, 4)), red)
    ring = (radius > 20) & (radius < 34)
    return np.where(ring, _shade(1 - abs(radius - 27) / 7, bright), face)


def _sets() -> tuple[TextureSet, ...]:
    h, w, flat = CEILING_HEIGHT, CELL_SIZE, FLAT_SIZE
    earth = _material((52, 44, 36), (104, 90, 72))
    slate = _material((40, 44, 52), (92, 98, 110))
    plaster = _material((150, 146, 134), (206, 202, 190))
    sky = _material((84, 124, 168), (168, 200, 226))
    brick = _material((74, 58, 40), (196, 150, 96))
    stone = _material((64, 68, 74), (176, 180, 186))
    wood = _material((58, 40, 18), (158, 122, 62))
    steel = _material((28, 58, 76), (128, 182, 204))
    leaf = _material((14, 52, 18), (96, 164, 62))
    lilac = _material((70, 52, 104), (178, 156, 214))
    tiles = _blocks(flat, flat, 2, 2, False, 60)
    gravel = 0.2 + 0.6 * _grain(flat, flat, 61, (2, 2))
    boards = _planks(flat, flat, 4, 62)
    coffer = _panels(flat, flat, 1, 1, 63)
    return (
        TextureSet("brick", _shade(_blocks(h, w, 8, 4, True, 10), brick),
                   _shade(gravel, earth), _shade(coffer, plaster)),
        TextureSet("stone", _shade(_blocks(h, w, 4, 2, True, 20), stone),
                   _shade(tiles, slate), _shade(boards, wood)),
        TextureSet("wood", _shade(_planks(h, w, 6, 30), wood),
                   _shade(tiles, earth), _shade(gravel, plaster)),
        TextureSet("steel", _shade(_panels(h, w, 2, 2, 40), steel),
                   _shade(coffer, slate), _shade(gravel, slate)),
        TextureSet("hedge", _shade(_leaves(h, w, 50), leaf),
                   _shade(gravel, earth), _shade(_leaves(flat, flat, 51), sky)),
        TextureSet("lilac", _shade(_blocks(h, w, 13, 3, True, 70), lilac),
                   _shade(boards, wood), _shade(coffer, slate)),
    )  # fmt: skip


TARGET_TEXTURE = _target()  # [104, 94] uint8
TEXTURE_SETS = _sets()
PALETTE = np.zeros((256, 3), dtype=np.uint8)  # RGB
PALETTE[: len(_palette)] = _palette
