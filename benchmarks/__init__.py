"""Throughput, measured side by side with peers; every script ends in one line of JSON."""

from rl2_mazes import core  # noqa: F401  before torch, for what it sets
