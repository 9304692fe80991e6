"""Rollouts of an agent in a batch of environments, plain, graph-captured and double-buffered."""
