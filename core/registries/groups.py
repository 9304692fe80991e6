"""Registries that configurations choose from, and the modules that fill them.

An entry is a dataclass: the keys and defaults of an option of the Hydra group of that name. A group
within a group, such as `agent/memory`, fills a field of that group's entries (`choice`).
"""

from ..forms.entries import settings_with
from .group import Group
from .registry import Registry

SUITE_MEMBERS = (  # of the protocol `core.suite.Suite`, which a test compares with these
    *("build_halves", "description", "episodes_per_trial", "evaluation_trial", "has_success"),
    *("horizon", "kind", "name", "episodes_differ", "published", "spaces", "split", "warning"),
    *("with_episodes", "with_split"),
)
SUITES: Registry[type] = Group(
    "suite",
    [
        "rl2_mazes.bandits.suite",
        "rl2_mazes.mdps.suite",
        "rl2_mazes.mazes.suite",
        "rl2_mazes.core.tabular.mixed_suite",
    ],
    settings_with("build", *SUITE_MEMBERS),
)
ENGINES: Registry[type] = Group(
    "engine", ["rl2_mazes.mazes.doom.pool", "rl2_mazes.mazes.twin.twin"], settings_with("start")
)
AGENTS: Registry[type] = Group(
    "agent",
    ["rl2_mazes.agents.networks.config", "rl2_mazes.agents.networks.exchangeable.settings"],
    settings_with("build", "kind", takes=("spaces",)),
)
MEMORIES: Registry[type] = Group(
    "agent/memory",
    ["rl2_mazes.agents.memory"],
    settings_with("build", "kind", takes=("input_size",)),
)
LEARNERS: Registry[type] = Group(
    "learner", ["rl2_mazes.agents.learners"], settings_with("build", takes=("agent", "seed"))
)
GROUPS = (SUITES, ENGINES, AGENTS, MEMORIES, LEARNERS)
