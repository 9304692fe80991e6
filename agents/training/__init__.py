"""The training loop's state, its checkpoints and its episode statistics."""
