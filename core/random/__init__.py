"""Random draws, and the seeds of independent streams."""
