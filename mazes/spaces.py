"""Observation and action spaces of a maze environment, the same in every simulator."""

from ..core.types import Odometry, Spaces
from .planning.privileged import NUM_PRIVILEGED
from .reckoning.labels import NUM_LABELS
from .reckoning.paths import NUM_PATHS
from .reckoning.visits import NUM_VISITS
from .rules import ACTION_NAMES, MazeRules


def maze_spaces(rules: MazeRules) -> Spaces:
    """Images of the rules' size, three actions, privileged features, labels by dead reckoning."""
    image_shape = (rules.obs_height, rules.obs_width, 3)
    return Spaces(
        len(ACTION_NAMES),
        image_shape,
        num_privileged=NUM_PRIVILEGED,
        num_reckoned=NUM_LABELS,
        num_visits=NUM_VISITS,
        num_paths=NUM_PATHS,
        odometry=_odometry(rules),
    )


def _odometry(rules: MazeRules) -> Odometry | None:
    """For dead reckoning; None if the rewards do not tell walls and targets."""
    if rules.silent_reward:
        return None
    return Odometry(rules.movement, rules.step_penalty, rules.wall_penalty, rules.target_reward)
