"""Rollouts of an agent in a batch of environments: plain, as CUDA graphs, double-buffered."""
