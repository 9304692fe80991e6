"""Evaluation: what an agent gains from its first episode in a task."""
