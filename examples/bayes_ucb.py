"""A bandit algorithm of one file: optimism by the posterior's own width.

After Kaufmann et al. (2012), with a fixed multiple of the standard deviation.

    python examples/bayes_ucb.py
"""

import torch
from torch import Tensor

from rl2_mazes.bandits.algorithms import ALGORITHMS
from rl2_mazes.bandits.algorithms.base import ArmAgent, Counts
from rl2_mazes.bandits.suite import BanditSuite


@ALGORITHMS.algorithm("bayes_ucb", "Bayes-UCB", tunes="width", grid=[0.0, 0.5, 1.0, 1.5, 2.0])
class BayesUCB(ArmAgent):
    """Index: posterior mean plus `width` posterior standard deviations.

    Args:
        suite: The bandits to play.
        width: Number of standard deviations.
        device: Device of the counts.
    """

    def __init__(self, suite: BanditSuite, width: float = 1.0, device: torch.device | str = "cpu"):
        super().__init__(suite, device)
        self.width = width

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """The upper bound of each arm, [B, k]."""
        a, b = self.posterior(counts)
        if self.suite.family == "gaussian":
            return a + self.width * b.sqrt()  # mean and variance
        variance = a * b / ((a + b) ** 2 * (a + b + 1))  # of Beta(a, b)
        return a / (a + b) + self.width * variance.sqrt()


def mean_return(agent: ArmAgent, num_tasks: int = 500, seed: int = 0) -> float:
    """Mean total reward of an agent over fresh bandits of its suite."""
    suite = agent.suite
    rng = torch.Generator().manual_seed(seed)
    trial = suite.make_trial(num_tasks, tasks=suite.sample(rng, num_tasks))
    total = torch.zeros(num_tasks)
    carry, timestep = agent.initial_carry(num_tasks), trial.reset(seed)
    for _ in range(suite.num_pulls):
        action, carry, _ = agent.act(carry, timestep, rng)
        timestep, outcome = trial.step(action)
        total += outcome.reward
    return total.mean().item()


if __name__ == "__main__":
    bandits = BanditSuite.from_name("k5_n100")
    bayes_ucb = ALGORITHMS.get("bayes_ucb").build(bandits, width=1.0)
    print(f"{mean_return(bayes_ucb):.1f} of 100 pulls pay")  # random: 50, the best arm: 83
