"""Bandits and MDPs: tuning the algorithms, measuring agents, Tables 1 and 2."""
