"""The contract that suites, agents and evaluations share, and the plumbing of programs."""
