"""A metric of one file: how much an agent turns on the spot instead of walking.

python examples/turning.py
"""

import numpy as np

from rl2_mazes.core.metrics import METRICS
from rl2_mazes.eval.metrics.episode import Episode
from rl2_mazes.eval.metrics.intervals import Estimate, mean
from rl2_mazes.mazes.rules import FORWARD


@METRICS.metric("turning", "share of turns", unit="share", direction="lower", interval="Student")
def turning(episode: Episode, rng: np.random.Generator) -> Estimate:
    """Mean share of an episode's actions that turn."""
    turns = np.bincount(
        episode.trial_of_step, episode.actions != FORWARD, minlength=len(episode.length)
    )
    return mean(turns / episode.length)


if __name__ == "__main__":
    import rl2_mazes as rl2

    agent = rl2.load_agent("pretrained/demo")
    trials = rl2.run_trials(agent, "mazes/grid_small", num_trials=10, seed=0)
    print("share of turns in episodes 1 and 2:", rl2.compute_metrics(trials)["turning"])
