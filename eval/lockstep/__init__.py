"""Twin and engine in lockstep: the same mazes, the same actions, every step compared."""
