"""A memory, an agent, a maze generator and a metric; each module registers its own."""

from . import coarse, sidewinder, undone, window  # noqa: F401
