"""Map of a maze from above, with a path whose colour turns from blue to red over time.

The map is drawn several times too large and then reduced, which smooths the edges. A path is drawn
slightly to the right of the walked line, so that both directions stay visible where it turns back.
"""

from functools import lru_cache

import numpy as np

from .maze import Maze
from .rules import CELL_SIZE
from .textures import PALETTE, TARGET_TEXTURE, TEXTURE_SETS

OVERSAMPLING = 3
LANE = 0.09  # offset of a drawn path to the right of the walked line, cells
PATH_WIDTH = 0.11  # cells
AGENT_SIZE = 0.34  # from the centre of the arrow to its tip, cells
TIME_COLOURS = ((40, 110, 255), (190, 70, 255), (255, 50, 60))  # early, half-way, late
INK = (16, 16, 20)
SHEET = (255, 255, 255)

Colour = tuple[int, int, int]
Point = tuple[float, float]


def render_map(
    maze: Maze,
    path: np.ndarray,
    size: int = 480,
    duration: int | None = None,
    ghost: np.ndarray | None = None,
    episode: int = 0,
) -> np.ndarray:
    """Draws the maze, the path walked so far and the agent at its end.

    Args:
        maze: The maze.
        path: [T, 3] poses: x, y [map units, x east, y north, from the north-west corner] and
            angle [degrees, counter-clockwise from east]. If empty, no agent is drawn.
        size: Rows and columns of the picture; a maze that is not square is centred.
        duration: Number of path points after which the colour is red; T if not given.
        ghost: [S, 3] poses of an earlier path, drawn faintly under this one.
        episode: Episode of the trial, which decides the target.

    Returns:
        [size, size, 3] uint8 RGB.
    """
    from PIL import Image, ImageDraw

    scale = size * OVERSAMPLING / max(maze.walls.shape)
    image = Image.fromarray(_ground(maze, maze.target(episode), size * OVERSAMPLING))
    draw = ImageDraw.Draw(image)
    origin = _origin(maze, size * OVERSAMPLING)
    if ghost is not None:
        ground = _mean(TEXTURE_SETS[maze.texture_set].floor)
        faint = _mix(ground, SHEET, 0.35)
        _draw_path(draw, _on_picture(ghost, scale, origin), scale, [faint] * len(ghost))
    if len(path):
        duration = len(path) if duration is None else duration
        colours = [_time_colour(i / max(duration - 1, 1)) for i in range(len(path))]
        _draw_path(draw, _on_picture(path, scale, origin), scale, colours)
        _draw_agent(draw, path[-1], scale, origin)
    return np.asarray(image.reduce(OVERSAMPLING))


@lru_cache(maxsize=8)
def _ground(maze: Maze, target: tuple[int, int], size: int) -> np.ndarray:
    """Walls, floor, starts and target without the agent, [size, size, 3] uint8."""
    from PIL import Image, ImageDraw

    textures = TEXTURE_SETS[maze.texture_set]
    wall = _mean(textures.wall)
    floor = _mix(_mean(textures.floor), INK, 0.45)  # darkened, so that paths stand out
    image = Image.new("RGB", (size, size), INK)
    draw = ImageDraw.Draw(image)
    scale = size / max(maze.walls.shape)
    left, top = _origin(maze, size)

    def box(row: int, col: int, inset: float = 0.0) -> list[float]:
        x, y = left + col * scale, top + row * scale
        inset *= scale
        return [x + inset, y + inset, x + scale - 1 - inset, y + scale - 1 - inset]

    for row, col in np.ndindex(maze.walls.shape):
        draw.rectangle(box(row, col), fill=wall if maze.walls[row, col] else floor)
    edge = max(1, round(0.05 * scale))
    for row, col in np.argwhere(~maze.walls).tolist():  # shadows and highlights along walls
        x0, y0, x1, y1 = box(row, col)
        if maze.walls[row - 1, col]:
            draw.rectangle([x0, y0, x1, y0 + 2 * edge], fill=_mix(wall, INK, 0.6))
        if maze.walls[row, col - 1]:
            draw.rectangle([x0, y0, x0 + edge, y1], fill=_mix(floor, INK, 0.5))
        if maze.walls[row + 1, col]:
            draw.rectangle([x0, y1 - edge, x1, y1], fill=_mix(wall, SHEET, 0.35))
    for start in maze.starts:
        draw.ellipse(box(*start.cell, inset=0.2), outline=_mix(floor, SHEET, 0.6), width=edge)
    face = Image.fromarray(PALETTE[TARGET_TEXTURE[5:-5]])  # cropped to a square
    x0, y0, x1, y1 = (round(at) for at in box(*target, inset=0.04))
    image.paste(face.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS), (x0, y0))
    return np.asarray(image)


def _draw_path(draw, points: np.ndarray, scale: float, colours: list[Colour]) -> None:
    """A line with round joints through `points` [T, 2]; segment i ends in point i, in colour i."""
    reach = max(0.5, PATH_WIDTH * scale / 2)
    last = None
    for i, (begin, end) in _lane(points, LANE * scale):
        for a, b in ((begin if last is None else last, begin), (begin, end)):
            draw.line([*a, *b], fill=colours[i], width=round(2 * reach))
        for x, y in (begin, end):
            draw.ellipse([x - reach, y - reach, x + reach, y + reach], fill=colours[i])
        last = end


def _lane(points: np.ndarray, offset: float) -> list[tuple[int, np.ndarray]]:
    """(i, ends [2, 2]) of each segment from point i - 1 to i, shifted to its right-hand side.

    Neighbouring segments meet where their lanes cross, unless the path turns back.
    """
    steps = np.diff(points, axis=0)
    moved = np.flatnonzero(np.hypot(*steps.T) > 1e-6)
    right = steps[moved][:, ::-1] * [-1, 1] / np.hypot(*steps[moved].T)[:, None]
    ends = np.stack((points[moved], points[moved + 1]), axis=1) + offset * right[:, None]
    for k in range(1, len(moved)):
        cosine = float(right[k - 1] @ right[k])
        if cosine > -0.5:
            crossing = points[moved[k]] + offset * (right[k - 1] + right[k]) / (1 + cosine)
            ends[k - 1, 1] = ends[k, 0] = crossing
    return [(int(i) + 1, pair) for i, pair in zip(moved, ends, strict=True)]


def _draw_agent(draw, pose: np.ndarray, scale: float, origin: Point) -> None:
    """An arrow head in the direction of the agent's heading."""
    centre = _on_picture(pose[None], scale, origin)[0]
    angle = np.radians(pose[2])
    ahead = np.array([np.cos(angle), -np.sin(angle)])
    aside = np.array([-ahead[1], ahead[0]])

    def outline(size: float) -> list[Point]:
        corners = (ahead, -0.8 * ahead + 0.75 * aside, -0.4 * ahead, -0.8 * ahead - 0.75 * aside)
        return [tuple(centre + size * scale * corner) for corner in corners]

    draw.polygon(outline(AGENT_SIZE * 1.3), fill=INK)
    draw.polygon(outline(AGENT_SIZE), fill=SHEET)


def _on_picture(poses: np.ndarray, scale: float, origin: Point) -> np.ndarray:
    """[T, 2] picture coordinates (right, down) of poses [T, 3]."""
    return poses[:, :2] * [scale / CELL_SIZE, -scale / CELL_SIZE] + origin


def _origin(maze: Maze, size: int) -> Point:
    """Position of the maze's north-west corner in a square picture (right, down)."""
    rows, cols = maze.walls.shape
    scale = size / max(rows, cols)
    return (size - cols * scale) / 2, (size - rows * scale) / 2


def _time_colour(share: float) -> Colour:
    """Blue at 0, red at 1."""
    at = min(max(share, 0.0), 1.0) * (len(TIME_COLOURS) - 1)
    before = min(int(at), len(TIME_COLOURS) - 2)
    return _mix(TIME_COLOURS[before], TIME_COLOURS[before + 1], at - before)


def _mean(texture: np.ndarray) -> Colour:
    r, g, b = PALETTE[texture].reshape(-1, 3).mean(axis=0).round().astype(int).tolist()
    return r, g, b


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the first."""
    r, g, b = (round(x + share * (y - x)) for x, y in zip(colour, other, strict=True))
    return r, g, b
