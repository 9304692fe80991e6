"""A bonus for entering cells that are new in an episode, which leaves the optimal policy as it is.

The number n of cells entered in an episode, while its target is not known, is a potential: the
training reward of a step from n to n' cells gains c (gamma n' - n), with n' = 0 at the end of the
episode (Ng et al. 1999; Devlin and Kudenko 2012 for a weight c that changes). A new cell earns
about c at once, and the end of the episode takes all of it back, so that no detour pays. The cells
come from the agent's own actions and rewards.
"""

from typing import Any

from ...core.types import LabelMaker
from ..rollouts.rollout import Rollout


class Novelty:
    """Adds the bonus to rollouts.

    Args:
        counter: Numbers of cells before and after each action, [T, B, 2], see
            `core.suite.Reckoned.novelty_counter`.
        weight: c in the beginning; it falls to 0 over the training.
        gamma: Discount of the learner.
    """

    def __init__(self, counter: LabelMaker, weight: float, gamma: float):
        self._counter = counter
        self._weight = weight
        self._gamma = gamma

    def __call__(self, rollout: Rollout, progress: float) -> Rollout:
        """The rollout with another training reward; `reward` stays the true one.

        Args:
            rollout: Continues the last one.
            progress: Share of the training that is done.
        """
        count = self._counter(
            rollout.timesteps.is_first, rollout.action, rollout.reward, rollout.done
        )
        bonus = self._gamma * count[..., 1] - count[..., 0]
        weight = self._weight * (1 - progress)
        return rollout._replace(training_reward=rollout.training_reward + weight * bonus)

    def state_dict(self) -> dict[str, Any]:
        """All that the next bonuses depend on."""
        return self._counter.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a `state_dict`."""
        self._counter.load_state_dict(state)
