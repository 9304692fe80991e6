"""Measuring and showing what an agent gains from having been there before."""

from .. import core  # noqa: F401  before torch, for what it sets
