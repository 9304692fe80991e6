"""Agents that learn: the RL² network, its rollouts and its learners."""
