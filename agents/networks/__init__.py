"""The RL² network: encoders, fusion, heads; its memory is in `agents.memory`."""
