"""A person plays: the session and its window."""
