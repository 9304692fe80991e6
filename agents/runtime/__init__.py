"""Processes, CUDA graphs, memory allocation and progress bars."""
