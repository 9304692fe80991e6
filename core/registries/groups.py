"""Registries that configurations choose from, and the modules that fill them.

An entry is a dataclass: the keys and defaults of an option of the Hydra group of that name. A group
within a group, such as `agent/memory`, fills a field of that group's entries (`choice`).
"""

from .registry import Registry

SUITES: Registry[type] = Registry(
    "suite",
    [
        "rl2_mazes.bandits.suite",
        "rl2_mazes.mdps.suite",
        "rl2_mazes.mazes.suite",
        "rl2_mazes.core.tabular.mixed_suite",
    ],
)
ENGINES: Registry[type] = Registry(
    "engine", ["rl2_mazes.mazes.doom.pool", "rl2_mazes.mazes.twin.twin"]
)
AGENTS: Registry[type] = Registry(
    "agent",
    ["rl2_mazes.agents.networks.config", "rl2_mazes.agents.networks.exchangeable.settings"],
)
MEMORIES: Registry[type] = Registry("agent/memory", ["rl2_mazes.agents.memory"])
LEARNERS: Registry[type] = Registry("learner", ["rl2_mazes.agents.learners"])
GROUPS = (SUITES, ENGINES, AGENTS, MEMORIES, LEARNERS)
