"""Benchmarks: speed beside peers, costs, reliability, readability.

The last line that each program prints is one JSON object.
"""
