"""Controls: the same agent with something taken away, to see what its gain comes from.

Each is an `Agent` around an `Agent`, run by the same `evaluate`, in the same trials. They intervene
on a trained agent and train nothing: one that is blindfolded here had learned to rely on its eyes,
and does worse than one that was trained without any.
"""

import copy
from typing import Any

import torch
from torch import Tensor

from ...core.types import Agent, TimeStep


def greedily(agent: Any) -> Any:
    """The same network, which takes the likeliest action each time."""
    agent = copy.copy(agent)
    agent.greedy = True
    return agent


class Control:
    """An agent that is shown something else than what happened.

    Args:
        agent: Who acts.
    """

    def __init__(self, agent: Agent):
        self.agent = agent

    def initial_carry(self, batch_size: int) -> Any:
        """The agent's own."""
        return self.agent.initial_carry(batch_size)

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """Lets the agent act on what it is shown."""
        return self.agent.act(carry, self.shown(timestep), rng)

    def shown(self, timestep: TimeStep) -> TimeStep:
        """What the agent is shown in place of the time step."""
        raise NotImplementedError


class MemoryReset(Control):
    """Its carry starts afresh with every episode, as if each were a new trial's first."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """The first step of an episode looks like the first of a trial."""
        begins = timestep.prev_done
        return TimeStep(
            obs=timestep.obs,
            prev_action=torch.where(begins, 0, timestep.prev_action),
            prev_reward=torch.where(begins, 0.0, timestep.prev_reward),
            prev_done=torch.zeros_like(begins),
            is_first=timestep.is_first | begins,
        )


class CameraCovered(Control):
    """It sees black."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """No light in any pixel."""
        return timestep._replace(obs=torch.zeros_like(timestep.obs))


class WithoutOutcomes(Control):
    """It is told neither reward nor that an episode has ended; its memory goes on."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """No reward, no end."""
        return timestep._replace(
            prev_reward=torch.zeros_like(timestep.prev_reward),
            prev_done=torch.zeros_like(timestep.prev_done),
        )


class WithoutFeedback(WithoutOutcomes):
    """Nor is it told its previous action: all of them look like action 0."""

    def shown(self, timestep: TimeStep) -> TimeStep:
        """Neither reward, end nor action."""
        shown = super().shown(timestep)
        return shown._replace(prev_action=torch.zeros_like(shown.prev_action))
