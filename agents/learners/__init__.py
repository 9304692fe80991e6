"""Learners: what turns a rollout into better weights."""
