"""The mazes as gymnasium environments, to run any agent on them.

    import gymnasium
    env = gymnasium.make("rl2_mazes:rl2/WalkSmall-v0")                    # one environment
    envs = gymnasium.make_vec("rl2_mazes:rl2/WalkSmall-v0", num_envs=64)  # a batch, on the twin

Importing this package registers the ids; gymnasium loads no plugins by itself. An id therefore
names the package, as above, or `import rl2_mazes` precedes `gymnasium.make("rl2/WalkSmall-v0")`.
Keyword arguments of both calls: see `mazes.gym.batch.TrialBatch`.
"""

from functools import partial
from typing import NoReturn

from gymnasium.envs.registration import register, registry

from ...core.errors import UserError
from ...core.renamed import ENV_IDS
from ..rules import HORIZONS

ENVIRONMENTS = {  # movement, and rooms a side
    "rl2/WalkSmall-v0": ("walk", 3),
    "rl2/WalkLarge-v0": ("walk", 5),
    "rl2/GridSmall-v0": ("grid", 3),
    "rl2/GridLarge-v0": ("grid", 5),
}


def _name_new_id(old: str, **_) -> NoReturn:
    """Entry point of a renamed environment."""
    raise UserError(f"{old} is now {ENV_IDS[old]}")


for name, (movement, rooms) in ENVIRONMENTS.items():
    if name not in registry:
        register(
            name,
            entry_point="rl2_mazes.mazes.gym.single:MazeTrialEnv",
            vector_entry_point="rl2_mazes.mazes.gym.vector:MazeTrialVectorEnv",
            kwargs={"movement": movement, "rooms": rooms, "horizon": HORIZONS[movement][rooms]},
        )

for name in ENV_IDS:
    if name not in registry:
        entry_point = partial(_name_new_id, name)
        register(name, entry_point=entry_point, vector_entry_point=entry_point)
