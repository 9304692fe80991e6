"""The mazes as gymnasium environments, so that anybody's agent can be run on them.

    import gymnasium
    env = gymnasium.make("mazes.gym:rl2/MazeSmall-v0")                 # one copy
    envs = gymnasium.make_vec("mazes.gym:rl2/MazeSmall-v0", num_envs=64)  # a batch, on the twin

Importing this package registers them; the current gymnasium loads no plugins by itself. So the name
says where they come from, as above, or `import mazes.gym` stands before
`gymnasium.make("rl2/MazeSmall-v0")`. Keywords of both calls: see `mazes.gym.batch.TrialBatch`.
"""

from gymnasium.envs.registration import register, registry

ENVIRONMENTS = {  # as in conf/suite/mazes
    "rl2/MazeSmall-v0": {"movement": "walk", "rooms": 3, "horizon": 250},
    "rl2/MazeLarge-v0": {"movement": "walk", "rooms": 5, "horizon": 1000},
    "rl2/MazeGridSmall-v0": {"movement": "grid", "rooms": 3, "horizon": 50},
    "rl2/MazeGridLarge-v0": {"movement": "grid", "rooms": 5, "horizon": 150},
}


for name, settings in ENVIRONMENTS.items():
    if name not in registry:
        register(
            name,
            entry_point="mazes.gym.single:MazeTrialEnv",
            vector_entry_point="mazes.gym.vector:MazeTrialVectorEnv",
            kwargs=settings,
        )
