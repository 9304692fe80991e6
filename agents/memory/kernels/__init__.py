"""The GRU over a rollout: one function, implemented in torch, numba and Triton."""
