"""The contract: what an agent sees, what a learner stores, and the trial that joins them."""
