"""The GRU over a rollout, in torch, numba and Triton: the same function three times."""
