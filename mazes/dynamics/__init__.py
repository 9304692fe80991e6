"""Dynamics of a player: physics and collisions, bit-exact with the engine."""
