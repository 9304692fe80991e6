"""The map, by the name it had before environments drew it too: see `mazes.topdown`."""

from mazes.topdown import render_map

__all__ = ["render_map"]
