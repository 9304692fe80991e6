"""Controls: the same agent with one input removed, to find the source of its gain.

Each control is an `Agent` around an `Agent`, evaluated on the same trials. Controls intervene on a
trained agent and train nothing. An agent whose camera is covered here has learned to rely on it and
does worse than one that was trained without a camera.
"""

import copy
from typing import Any

import torch
from torch import Tensor

from ...core.forms.entries import class_with
from ...core.registries.registry import Registry
from ...core.types import Agent, TimeStep
from ..adapters.calls import call, set_greedy
from ..adapters.checked import CheckedAgent

RESET, BLIND = "memory reset", "camera covered"


def greedily(agent: Any) -> Any:
    """The same agent, which takes the most likely action at each step; it has a `greedy`."""
    agent = copy.copy(agent)
    if isinstance(agent, CheckedAgent):
        agent.agent = call(f"agent {agent.name}: copying it", copy.copy, agent.agent)
        set_greedy(agent.agent, f"agent {agent.name}")
    else:
        agent.greedy = True
    return agent


class Control:
    """An agent that acts on altered time steps; the first line of a subclass says what is altered.

    Args:
        agent: Agent to wrap.
    """

    def __init__(self, agent: Agent):
        self.agent = agent

    def initial_carry(self, batch_size: int) -> Any:
        """Carry of the wrapped agent."""
        return self.agent.initial_carry(batch_size)

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """Action of the wrapped agent on the altered time step; see `core.types.Agent`."""
        return self.agent.act(carry, self.shown(timestep), rng)

    def shown(self, timestep: TimeStep) -> TimeStep:
        """The time step that the wrapped agent receives."""
        raise NotImplementedError


CONTROLS: Registry[type[Control]] = Registry(  # in the order of the battery; any further file last
    "control",
    ["rl2_mazes.eval.controls.wrappers", "rl2_mazes.eval.controls"],
    class_with("initial_carry", "act"),
)


@CONTROLS.register(RESET)
class MemoryReset(Control):
    """The memory is reset at the start of every episode."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """Make the first step of an episode look like the first step of a trial."""
        begins = timestep.prev_done
        return TimeStep(
            obs=timestep.obs,
            prev_action=torch.where(begins, 0, timestep.prev_action),
            prev_reward=torch.where(begins, 0.0, timestep.prev_reward),
            prev_done=torch.zeros_like(begins),
            is_first=timestep.is_first | begins,
        )


@CONTROLS.register(BLIND)
class CameraCovered(Control):
    """The camera shows black."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """Set all pixels to zero."""
        return timestep._replace(obs=torch.zeros_like(timestep.obs))


@CONTROLS.register("no outcomes")
class WithoutOutcomes(Control):
    """Rewards and ends of episodes are not fed back; the memory is kept."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """Set the previous reward and end to zero."""
        return timestep._replace(
            prev_reward=torch.zeros_like(timestep.prev_reward),
            prev_done=torch.zeros_like(timestep.prev_done),
        )


@CONTROLS.register("no feedback")
class WithoutFeedback(WithoutOutcomes):
    """Rewards, ends of episodes and the agent's own actions are not fed back."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """Set the previous reward, end and action to zero."""
        shown = super().shown(timestep)
        return shown._replace(prev_action=torch.zeros_like(shown.prev_action))
