"""Making a control from its class; one of a plug-in is checked at every step.

A control that shows another image than the agent was trained on would fail inside the network, or
worse, be measured.
"""

from typing import Any

import torch
from torch import Tensor

from ...core.registries.registry import is_own
from ...core.types import Spaces, TimeStep
from ..adapters.calls import OutsideError, call
from ..adapters.checked import CheckedAgent, layout, short
from .wrappers import Control, greedily


def controlled(name: str, control: type[Control], agent: Any, spaces: Spaces) -> Any:
    """The agent under a control.

    Args:
        name: The control's, for messages.
        control: Its class.
        agent: The agent.
        spaces: Observations and actions of the trials.

    Raises:
        UserError: Making the control raised, or made no agent.
    """
    if is_own(control):
        return control(agent)
    inside = Inside(agent, f"control {name}")
    return CheckedControl(call(f"control {name}", control, inside), inside, spaces, name)


class Inside:
    """The agent inside a control, which has to be shown time steps of the form of the trial's.

    Attributes:
        forms: The layout of the trial's time step, alone; a copy of the agent shares it.
        greedy: The agent's.

    Args:
        agent: The agent.
        what: The control in words, for messages.
    """

    def __init__(self, agent: Any, what: str):
        self._agent = agent
        self._what = what
        self.forms: list[Any] = []

    @property
    def greedy(self) -> bool:
        """Whether the agent takes the most likely actions; setting it leaves the agent as it is."""
        return self._agent.greedy

    @greedy.setter
    def greedy(self, value: bool) -> None:
        self._agent = greedily(self._agent) if value else self._agent

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_agent":  # of a copy that is not filled yet
            raise AttributeError(name)
        return getattr(self._agent, name)

    def initial_carry(self, batch_size: int) -> Any:
        """Carry of the agent."""
        return self._agent.initial_carry(batch_size)

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """Action of the agent; see `core.types.Agent`.

        Raises:
            UserError: The time step has another form.
        """
        if not isinstance(timestep, TimeStep):
            raise OutsideError(
                f"{self._what} shows the agent {short(timestep)}; it must show a TimeStep"
            )
        for field, shown, given in zip(TimeStep._fields, timestep, *self.forms, strict=True):
            if layout(shown) != given:
                raise OutsideError(
                    f"{self._what} shows the agent {field} {short(shown)}; it must be a {given}"
                )
        return self._agent.act(carry, timestep, rng)


class CheckedControl(CheckedAgent):
    """A control of a plug-in, see `CheckedAgent`.

    Args:
        control: The control.
        inside: The agent that it was made from.
        spaces: Observations and actions of the trials.
        name: The control's.
    """

    def __init__(self, control: Any, inside: Inside, spaces: Spaces, name: str):
        super().__init__(control, spaces, name, "control")
        self._inside = inside

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """The control's actions, checked."""
        self._inside.forms[:] = [tuple(map(layout, timestep))]
        return super().act(carry, timestep, rng)
