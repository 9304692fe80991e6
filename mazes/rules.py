"""Rules of a maze episode: movement, rewards, horizon and observation.

Rewards are those of Duan et al. 2016, section 3.3: +1 at the target, -0.001 for hitting a wall,
-0.04 per step. The authors' code charges the wall penalty for each game tic of contact, up to four
times per step.
"""

from dataclasses import dataclass

from ..core.errors import UserError
from ..core.validation import check, count

TURN_LEFT, TURN_RIGHT, FORWARD = range(3)
ACTION_NAMES = ("turn left", "turn right", "forward")
MOVEMENTS = ("walk", "grid")
TICS_PER_STEP = 4
LEAST_REWARD = 1e-6  # that an agent can tell apart in a float32
# Steps after which an episode is truncated, by movement and rooms a side. The first two of walking
# are the paper's; 7x7 rooms have as many steps per room as 5x5: forty walking, six on the grid.
HORIZONS = {"grid": {3: 50, 5: 150, 7: 300}, "walk": {3: 250, 5: 1000, 7: 2000}}

CELL_SIZE = 96  # side of a cell, map units
CEILING_HEIGHT = 104  # map units
TARGET_SIZE = 94  # side of the target box, map units
EYE_HEIGHT = 41  # map units
PLAYER_RADIUS = 16  # half the side of the player's box, map units
TOUCH_GAP = 1.0  # the target is touched when the player's box is this close, map units


@dataclass
class MazeRules:
    """Settings of a maze episode.

    Attributes:
        movement: `walk`, the authors' actions with Doom's momentum (4 tics per step), or `grid`,
            one cell forward or a quarter turn per step.
        horizon: Steps after which an episode is truncated.
        target_reward: Reward for touching the target, which ends the episode.
        wall_penalty: Reward for each tic in which a wall stops the player (grid: for each bump).
        step_penalty: Reward for each step.
        obs_height: Rows of the observation, pixels; the engine renders 160x120.
        obs_width: Columns of the observation, pixels.
    """

    movement: str = "walk"
    horizon: int = count(250)
    target_reward: float = 1.0
    wall_penalty: float = -0.001
    step_penalty: float = -0.04
    obs_height: int = count(30, most=120)
    obs_width: int = count(40, most=160)

    def __post_init__(self):
        check(self, "suite.rules")
        if self.movement not in MOVEMENTS:
            raise UserError(
                f"suite.rules.movement is {self.movement!r}; it must be one of {MOVEMENTS}"
            )

    @property
    def silent_reward(self) -> str | None:
        """The reward, of walls or target, that is too small to be noticed; None if neither is."""
        for key in ("wall_penalty", "target_reward"):
            if abs(getattr(self, key)) < LEAST_REWARD:
                return key
        return None
