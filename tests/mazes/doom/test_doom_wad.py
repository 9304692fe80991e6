import io
import re
import struct

import numpy as np
from PIL import Image

from rl2_mazes.mazes.doom.wad import asset_wad, map_wad
from rl2_mazes.mazes.textures import PALETTE, TEXTURE_SETS


def read_wad(data: bytes) -> list[tuple[str, bytes]]:
    magic, count, at = struct.unpack_from("<4sii", data)
    assert magic == b"PWAD"
    entries = [struct.unpack_from("<ii8s", data, at + 16 * i) for i in range(count)]
    return [(name.rstrip(b"\0").decode(), data[o : o + size]) for o, size, name in entries]


def test_assets_hold_the_palette_and_every_texture_pixel_by_pixel():
    lumps = dict(read_wad(asset_wad()))
    assert lumps["PLAYPAL"] == PALETTE.tobytes() * 14
    for index, textures in enumerate(TEXTURE_SETS):
        for name, pixels in (
            ("WALL", textures.wall),
            ("FLOOR", textures.floor),
            ("CEIL", textures.ceiling),
        ):
            image = Image.open(io.BytesIO(lumps[f"{name}{index}"])).convert("RGB")
            np.testing.assert_array_equal(np.asarray(image), PALETTE[pixels])


def test_a_corridor_is_walled_in_and_its_target_stands_free(corridor):
    lumps = read_wad(map_wad(corridor, corridor.start(0), corridor.target(0)))
    assert [name for name, _ in lumps] == ["MAP01", "TEXTMAP", "ENDMAP"]
    text = lumps[1][1].decode()
    points = [tuple(map(float, xy)) for xy in re.findall(r"vertex \{ x = (\S+); y = (\S+);", text)]
    lines = [tuple(map(int, v)) for v in re.findall(r"v1 = (\d+); v2 = (\d+)", text)]
    walls = [(points[a], points[b]) for a, b in lines[:-4]]
    assert len(walls) == 7 + 7 + 2  # above, below, at both ends
    assert ((96, -96), (192, -96)) in walls  # north of the first cell: seen with west at the left
    assert ((192, -192), (96, -192)) in walls
    box = [points[a] for a, _ in lines[-4:]]
    assert set(box) == {(x, y) for x in (673, 767) for y in (-191, -97)}
