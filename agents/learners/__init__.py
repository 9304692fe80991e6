"""Learners: algorithms that improve an agent from rollouts."""
