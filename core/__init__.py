"""The contract: what an agent sees, what a learner stores, and the trial that joins them."""

import os

# Threads of a parallel operation wait for each other by spinning, briefly and then no more: engines
# and other jobs share the cores. On two cores a PPO update took 0.69 s like this, 1.42 s when they
# slept at once, 0.77 s when they spun for as long as OpenMP likes, and that up to forty times
# longer beside busy neighbours. OpenMP reads this once, when torch is first imported.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
