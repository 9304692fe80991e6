"""The registries that configurations choose from, and the modules that fill them.

Each entry is the dataclass that Hydra's group of that name takes its keys and defaults from.
"""

from .registry import Registry

SUITES: Registry[type] = Registry(
    "suite", ["rl2_mazes.bandits.suite", "rl2_mazes.mdps.suite", "rl2_mazes.mazes.suite"]
)
ENGINES: Registry[type] = Registry(
    "engine", ["rl2_mazes.mazes.doom.pool", "rl2_mazes.mazes.twin.twin"]
)
AGENTS: Registry[type] = Registry("agent", ["rl2_mazes.agents.networks.config"])
LEARNERS: Registry[type] = Registry(
    "learner",
    [
        "rl2_mazes.agents.learners.ppo",
        "rl2_mazes.agents.learners.trpo",
        "rl2_mazes.agents.learners.duan2016",
    ],
)
GROUPS = (SUITES, ENGINES, AGENTS, LEARNERS)
