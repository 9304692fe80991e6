"""The twin on a CPU, compiled by numba."""
