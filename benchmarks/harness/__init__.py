"""Parts that benchmarks share: arguments, clocks, the trainings to measure, a peer."""
