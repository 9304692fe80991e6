"""The contract: what an agent sees, what a learner stores, and the trial that joins them."""

import os

# Threads of a parallel operation must not spin while they wait: engines and other jobs share the
# cores, and spinning made an update ten to forty times slower beside one busy neighbour. OpenMP
# reads this once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
