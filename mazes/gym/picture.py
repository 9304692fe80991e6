"""Image of `render`: the enlarged observation beside the map with the path so far."""

import numpy as np

from ...core.errors import UserError
from ..topdown import render_map
from .batch import TrialBatch

ENLARGED = 8  # times


def picture(batch: TrialBatch, env: int) -> np.ndarray:
    """Image of one environment, [8 height, 8 (width + height), 3] uint8; needs `track`."""
    assert batch.paths is not None
    image = batch.observation()
    image = (image if batch.image_only else image["image"])[env]
    view = image.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    path = np.array(batch.paths[env])
    episode = min(int(batch.episode[env]), batch.episodes - 1)
    overview = render_map(
        batch.maze(env), path, len(view), duration=batch.rules.horizon, episode=episode
    )
    return np.concatenate((view, overview), axis=1)


def require_render_mode(render_mode: str | None) -> None:
    """Raises a UserError unless the mode exists."""
    if render_mode not in (None, "rgb_array"):
        raise UserError(f"render_mode is {render_mode!r}; it must be None or 'rgb_array'")
