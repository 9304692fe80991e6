"""Recurrent memories: the interface, the GRU, and its kernels."""
