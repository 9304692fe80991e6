"""The exchangeable agent: the same small memory for every pair of state and action."""
