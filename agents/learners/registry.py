"""The learners by the settings that choose them."""

from typing import Any

from ..networks.rl2_agent import RL2Agent
from .base import Learner
from .duan2016 import Duan2016Learner, Duan2016Settings
from .ppo import PPO, PPOSettings
from .trpo import TRPO, TRPOSettings

LEARNERS: dict[type, Any] = {
    PPOSettings: PPO,
    TRPOSettings: TRPO,
    Duan2016Settings: Duan2016Learner,
}


def make_learner(agent: RL2Agent, settings: Any, seed: int) -> Learner:
    """The learner that the settings are of.

    Args:
        agent: Whom it improves.
        settings: One of the keys of `LEARNERS`.
        seed: Of the order in which it goes through rollouts.
    """
    return LEARNERS[type(settings)](agent, settings, seed)
