"""How a player moves: physics and collisions, to the last bit as in the engine."""
