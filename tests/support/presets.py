"""Presets as their program composes them, each once in a process: Hydra takes its time."""

from functools import cache

from rl2_mazes.agents import train

composed = cache(train.compose)  # to be left unchanged
