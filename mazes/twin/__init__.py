"""The twin: a batched simulator of the engine's mazes, bit-exact in dynamics and images."""
