"""The twin: the engine's mazes simulated in batches, alike enough that an agent cannot tell."""
