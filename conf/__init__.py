"""Hydra configuration: what can be set, presets, and how a main program reads both."""
