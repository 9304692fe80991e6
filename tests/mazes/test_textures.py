"""Properties of the textures on which every renderer relies."""

import colorsys

import numpy as np
import pytest

from rl2_mazes.mazes.rules import CEILING_HEIGHT, CELL_SIZE, TARGET_SIZE
from rl2_mazes.mazes.textures import FLAT_SIZE, PALETTE, TARGET_TEXTURE, TEXTURE_SETS

ALL = [
    (s.name, part, getattr(s, part)) for s in TEXTURE_SETS for part in ("wall", "floor", "ceiling")
]


def redness(indices: np.ndarray) -> np.ndarray:
    """Red minus the greater of green and blue, by colour used."""
    colours = PALETTE[np.unique(indices)].astype(int)
    return colours[:, 0] - colours[:, 1:].max(axis=1)


def test_the_palette_has_256_colours_of_which_the_first_is_unused_black():
    assert PALETTE.shape == (256, 3)
    assert PALETTE.dtype == np.uint8
    assert (PALETTE[0] == 0).all()
    for _, _, texture in ALL:
        assert texture.min() > 0
    assert TARGET_TEXTURE.min() > 0


def test_textures_use_only_colours_that_were_set():
    used = np.unique(np.concatenate([t.ravel() for _, _, t in ALL] + [TARGET_TEXTURE.ravel()]))
    assert (PALETTE[used].sum(axis=1) > 0).all()
    assert len(np.unique(PALETTE[used], axis=0)) == len(used), "no colour twice"


def test_shapes():
    assert TARGET_TEXTURE.shape == (CEILING_HEIGHT, TARGET_SIZE)
    for name, part, texture in ALL:
        expected = (CEILING_HEIGHT, CELL_SIZE) if part == "wall" else (FLAT_SIZE, FLAT_SIZE)
        assert texture.shape == expected, (name, part)
        assert texture.dtype == np.uint8


def test_only_the_target_is_red():
    """A hue of red with strong colour belongs to the target alone."""
    for name, part, texture in ALL:
        for colour in PALETTE[np.unique(texture)] / 255:
            hue, saturation, value = colorsys.rgb_to_hsv(*colour)
            assert not ((hue < 0.04 or hue > 0.94) and saturation > 0.3 and value > 0.2), (
                name,
                part,
            )
    assert np.median(redness(TARGET_TEXTURE)) > 100
    shown = PALETTE[TARGET_TEXTURE].reshape(-1, 3).mean(axis=0)
    assert shown[0] > 2 * shown[1:].max(), "red also when a few pixels show all of it"


def test_sets_differ():
    assert len({s.name for s in TEXTURE_SETS}) == len(TEXTURE_SETS)
    means = [PALETTE[s.wall].reshape(-1, 3).mean(axis=0) for s in TEXTURE_SETS]
    gaps = [np.abs(a - b).sum() for i, a in enumerate(means) for b in means[:i]]
    assert min(gaps) > 20


@pytest.mark.parametrize("texture_set", TEXTURE_SETS, ids=lambda s: s.name)
def test_walls_stand_out_from_floor_and_ceiling(texture_set):
    mean = {
        part: PALETTE[getattr(texture_set, part)].reshape(-1, 3).mean(axis=0)
        for part in ("wall", "floor", "ceiling")
    }
    assert np.abs(mean["wall"] - mean["floor"]).sum() > 40
    assert np.abs(mean["wall"] - mean["ceiling"]).sum() > 40
