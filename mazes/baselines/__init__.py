"""Scripted agents to compare a learned agent with.

    random walk    uniformly random actions
    wall follower  keeps its right hand on the wall and remembers nothing
    explorer       explores systematically, remembers the map, then takes the shortest known path
    oracle         knows the maze and takes the shortest path in every episode

Each is a `core.types.Agent`, run by the same `eval.trials.runner.evaluate` as a learned one. They
stand outside the simulators: they read poses and the map instead of images.

A new one is a new file here, under `@SCRIPTED_AGENTS.agent(name, description)`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.forms.entries import made_by
from ...core.registries.registry import Registry
from ...core.trial import Trial
from ...core.types import Agent


@dataclass(frozen=True)
class ScriptedAgent:
    """Entry of the registry.

    Attributes:
        description: The agent in a few words, for tables.
        build: Makes the agent for a `Trial` that has `tasks`, on an environment with `mazes`,
            `rules` and `poses`.
    """

    description: str
    build: Callable[[Trial], Agent]


class ScriptedAgentRegistry(Registry[ScriptedAgent]):
    """Scripted agents by name."""

    def __init__(self, kind: str, modules: Sequence[str] = ()):
        super().__init__(kind, modules, made_by(ScriptedAgent, "SCRIPTED_AGENTS.agent"))

    def source(self, entry: Any) -> Any:
        """The class or function that makes the agent."""
        return getattr(entry, "build", entry)

    def agent(
        self, name: str, description: str
    ) -> Callable[[Callable[[Trial], Agent]], Callable[[Trial], Agent]]:
        """Decorator that registers a class or function; the arguments are `ScriptedAgent`'s."""

        def enter(build: Callable[[Trial], Agent]) -> Callable[[Trial], Agent]:
            self.add(name, ScriptedAgent(description, build))
            return build

        return enter


_IN_ORDER = ("random_walk", "wall_follower", "explorer", "oracle")  # of tables
SCRIPTED_AGENTS = ScriptedAgentRegistry(
    "scripted agent", [*(f"{__name__}.{module}" for module in _IN_ORDER), __name__]
)
