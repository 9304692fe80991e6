"""What `render` shows: the agent's own image, larger, beside the map with the way so far."""

import numpy as np

from ...core.errors import UserError
from ..topdown import render_map
from .batch import TrialBatch

ENLARGED = 8  # times


def picture(batch: TrialBatch, copy: int) -> np.ndarray:
    """One copy's, [8 height, 8 (width + height), 3] uint8; made with `track`."""
    assert batch.paths is not None
    image = batch.observation()
    image = (image if batch.image_only else image["image"])[copy]
    view = image.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    path = np.array(batch.paths[copy])
    overview = render_map(batch.maze(copy), path, len(view), duration=batch.rules.horizon)
    return np.concatenate((view, overview), axis=1)


def require_render_mode(render_mode: str | None) -> None:
    """An error unless it is one that there is."""
    if render_mode not in (None, "rgb_array"):
        raise UserError(f"render_mode is {render_mode!r}; it must be None or 'rgb_array'")
