"""Agents that learn: the RL² network, its rollouts and its learners."""

from .. import core  # noqa: F401  before torch, for what it sets
from .runtime.allocator import keep_freed_memory

keep_freed_memory()
