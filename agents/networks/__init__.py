"""The RL² network: encoders, fusion MLP and heads; its memory is in `agents.memory`."""
