"""The folder for what can be computed or downloaded again."""

import os
from pathlib import Path

VARIABLE = "RL2_MAZES_CACHE"


def cache_folder() -> Path:
    """RL2_MAZES_CACHE, or rl2-mazes in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get(VARIABLE) or Path(base) / "rl2-mazes")
