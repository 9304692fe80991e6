"""Processes, devices, CUDA graphs, memory and progress bars."""
