"""A memory, an agent, a maze generator and a metric for RL² Mazes; each module registers its own."""

from . import coarse, sidewinder, undone, window  # noqa: F401
