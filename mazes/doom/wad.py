"""Mazes as Doom WADs, in pure Python: UDMF maps need neither script compiler nor node builder.

A WAD is a directory of named lumps. The engine gets two: the assets at its start (palette, textures
and a small map), and the map of a maze at the start of a trial or an episode. See
`mazes.geometry` for coordinates and https://zdoom.org/wiki/UDMF for the map format.
"""

import struct
import zlib
from collections.abc import Iterable

import numpy as np

from ..geometry import cell_centre
from ..maze import Maze, Pose
from ..rules import CEILING_HEIGHT, CELL_SIZE, TARGET_SIZE
from ..textures import PALETTE, TARGET_TEXTURE, TEXTURE_SETS

MAP_NAME = "MAP01"
TARGET_NAME = "TARGET"
COLOURMAPS = 14  # palettes in PLAYPAL: the plain one, then tints for pain and pick-ups
LIGHT = 255  # full: texture colours are unchanged at every distance

Lump = tuple[str, bytes]
Point = tuple[float, float]


def asset_wad() -> bytes:
    """WAD of an engine's start: palette, textures and a small map."""
    walls = np.pad(np.zeros((1, 2), dtype=bool), 1, constant_values=True)
    room = Maze(walls, starts=(Pose(1, 1),), targets=((1, 2),))
    textures = [(TARGET_NAME, TARGET_TEXTURE)]
    for index, each in enumerate(TEXTURE_SETS):
        surfaces = (each.wall, each.floor, each.ceiling)
        textures += zip(_texture_names(index), surfaces, strict=True)
    return _wad(
        [
            ("PLAYPAL", PALETTE.tobytes() * COLOURMAPS),
            ("TX_START", b""),
            *((name, _png(pixels)) for name, pixels in textures),
            ("TX_END", b""),
            *_map_lumps(room, room.start(0), room.target(0)),
        ]
    )


def map_wad(maze: Maze, pose: Pose, target: tuple[int, int]) -> bytes:
    """WAD of one maze, with the player at `pose` and the target's box in the cell `target`."""
    return _wad(_map_lumps(maze, pose, target))


def _texture_names(texture_set: int) -> tuple[str, str, str]:
    """Lump names of a texture set's wall, floor and ceiling."""
    return f"WALL{texture_set}", f"FLOOR{texture_set}", f"CEIL{texture_set}"


def _map_lumps(maze: Maze, pose: Pose, target: tuple[int, int]) -> list[Lump]:
    return [(MAP_NAME, b""), ("TEXTMAP", _textmap(maze, pose, target).encode()), ("ENDMAP", b"")]


def _textmap(maze: Maze, pose: Pose, target: tuple[int, int]) -> str:
    """One sector, bounded by one-sided lines whose fronts (right sides) face the player.

    Each cell has its own line per wall face, so that the texture starts at the left edge of the
    cell. Textures are aligned with the ceiling.
    """
    wall, floor, ceiling = _texture_names(maze.texture_set)
    x, y = cell_centre(pose.cell)
    blocks = [
        'namespace = "zdoom";',
        f"thing {{ type = 1; x = {x}; y = {y}; angle = {90 * pose.heading}; single = true; "
        "skill1 = true; skill2 = true; skill3 = true; skill4 = true; skill5 = true; }",
        f"sector {{ heightceiling = {CEILING_HEIGHT}; lightlevel = {LIGHT}; "
        f'texturefloor = "{floor}"; textureceiling = "{ceiling}"; }}',
    ]
    faces = [(face, wall) for face in _wall_faces(maze)]
    faces += [(face, TARGET_NAME) for face in _target_faces(target)]
    vertices: dict[Point, int] = {}
    for side, ((left, right), texture) in enumerate(faces):
        v1 = vertices.setdefault(left, len(vertices))
        v2 = vertices.setdefault(right, len(vertices))
        blocks += [
            f"linedef {{ v1 = {v1}; v2 = {v2}; sidefront = {side}; blocking = true; }}",
            f'sidedef {{ sector = 0; texturemiddle = "{texture}"; }}',
        ]
    blocks += [f"vertex {{ x = {x}; y = {y}; }}" for x, y in vertices]
    return "\n".join(blocks)


def _wall_faces(maze: Maze) -> Iterable[tuple[Point, Point]]:
    """(left end, right end) of each wall face, seen by the player."""
    for row, col in np.argwhere(~maze.walls).tolist():
        west, east = col * CELL_SIZE, (col + 1) * CELL_SIZE
        north, south = -row * CELL_SIZE, -(row + 1) * CELL_SIZE
        if maze.walls[row - 1, col]:
            yield (west, north), (east, north)
        if maze.walls[row, col + 1]:
            yield (east, north), (east, south)
        if maze.walls[row + 1, col]:
            yield (east, south), (west, south)
        if maze.walls[row, col - 1]:
            yield (west, south), (west, north)


def _target_faces(target: tuple[int, int]) -> Iterable[tuple[Point, Point]]:
    """(left end, right end) of the target box's faces, seen from outside."""
    x, y = cell_centre(target)
    half = TARGET_SIZE / 2
    corners = [
        (x - half, y - half),
        (x + half, y - half),
        (x + half, y + half),
        (x - half, y + half),
    ]
    return zip(corners, corners[1:] + corners[:1], strict=True)


def _wad(lumps: Iterable[Lump]) -> bytes:
    """Header, the lumps' data, directory."""
    header_size = 12
    data, directory = b"", b""
    for name, content in lumps:
        directory += struct.pack("<ii8s", header_size + len(data), len(content), name.encode())
        data += content
    count = len(directory) // 16
    return struct.pack("<4sii", b"PWAD", count, header_size + len(data)) + data + directory


def _png(pixels: np.ndarray) -> bytes:
    """A PNG of palette indices [height, width] uint8."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    height, width = pixels.shape
    bits, palette_colour = 8, 3
    header = struct.pack(">IIBBBBB", width, height, bits, palette_colour, 0, 0, 0)
    rows = np.pad(pixels, ((0, 0), (1, 0)))  # each row begins with its filter type, 0: none
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", header),
            chunk(b"PLTE", PALETTE.tobytes()),
            chunk(b"IDAT", zlib.compress(rows.tobytes())),
            chunk(b"IEND", b""),
        ]
    )
