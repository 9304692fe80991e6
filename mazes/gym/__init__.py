"""The mazes as gymnasium environments, so that anybody's agent can be run on them.

    import gymnasium
    env = gymnasium.make("rl2_mazes:rl2/MazeSmall-v0")                 # one copy
    envs = gymnasium.make_vec("rl2_mazes:rl2/MazeSmall-v0", num_envs=64)  # a batch, on the twin

Importing this package registers them; the current gymnasium loads no plugins by itself. So the name
says where they come from, as above, or `import mazes.gym` stands before
`gymnasium.make("rl2/MazeSmall-v0")`. Keywords of both calls: see `mazes.gym.batch.TrialBatch`.
"""

from gymnasium.envs.registration import register, registry

from ..rules import HORIZONS

ENVIRONMENTS = {  # movement, and rooms a side
    "rl2/MazeSmall-v0": ("walk", 3),
    "rl2/MazeLarge-v0": ("walk", 5),
    "rl2/MazeGridSmall-v0": ("grid", 3),
    "rl2/MazeGridLarge-v0": ("grid", 5),
}


for name, (movement, rooms) in ENVIRONMENTS.items():
    if name not in registry:
        register(
            name,
            entry_point="rl2_mazes.mazes.gym.single:MazeTrialEnv",
            vector_entry_point="rl2_mazes.mazes.gym.vector:MazeTrialVectorEnv",
            kwargs={"movement": movement, "rooms": rooms, "horizon": HORIZONS[movement][rooms]},
        )
