"""Build an agent for a training; one from outside the project is checked against the interface.

An environment may read memory by an action, and shapes that broadcast learn something else. Agents
of this project have tests instead.
"""

from copy import deepcopy
from typing import Any, NoReturn

import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.forms.calls import unfit_signature
from ...core.forms.tensor import misfit
from ...core.registries.registry import is_own
from ...core.types import Spaces, TimeStep
from .actor_critic import ActExtras, ActorCritic, AgentSettings, Outputs

TIME, BATCH = 2, 3


def build_agent(settings: AgentSettings, spaces: Spaces) -> ActorCritic:
    """Build an agent with initial weights, drawn from torch's global generator.

    Raises:
        UserError: A plug-in built no `ActorCritic`, or one that breaks the interface.
    """
    agent = settings.build(spaces)
    if is_own(type(settings)):
        return agent
    name = f"agent={settings.kind}"
    if not isinstance(agent, ActorCritic):
        raise UserError(
            f"{name}: build returned {type(agent).__name__}; it must return an ActorCritic"
        )
    if agent.device.type != "meta":
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            _Check(name, deepcopy(agent), spaces).run()
    return agent


class _Check:
    """One step of acting and a short rollout, on observations of zeros."""

    def __init__(self, name: str, agent: ActorCritic, spaces: Spaces):
        self.name, self.agent, self.spaces = name, agent, spaces

    def run(self) -> None:
        most = self.spaces.num_actions - 1
        steps = _first_steps(self.spaces)
        start = self.agent.initial_carry(BATCH)
        self._require("initial_carry", start, (BATCH, None), torch.float32)
        rng, given = torch.Generator(), self._privileged()
        now = TimeStep(*(each[0] for each in steps))
        features = None if given is None else given[0]
        returned = self._call("act", start.clone(), now, rng, features, None)
        if not isinstance(returned, tuple) or len(returned) != 3:
            self._fail("act must return (action, carry, extras)")
        action, after, extras = returned
        self._require("act's action", action, (BATCH,), torch.int64)
        if (action < 0).any() or (action > most).any():
            self._fail(f"act's action is {action.tolist()}; it must be of 0 .. {most}")
        self._require("act's carry", after, tuple(start.shape), torch.float32)
        if not isinstance(extras, ActExtras):
            self._fail(f"act's extras are {type(extras).__name__}; they must be ActExtras")
        for what in ("log_prob", "value"):
            self._require(f"act's {what}", getattr(extras, what), (BATCH,), torch.float32)
        value = self._call("predict_value", start.clone(), now, features)
        self._require("predict_value's result", value, (BATCH,), torch.float32)
        outputs = self._call("forward", steps, start.clone(), given, None, None)
        if not isinstance(outputs, Outputs):
            self._fail(f"forward returned {type(outputs).__name__}; it must return Outputs")
        for what, shape in (("log_probs", (TIME, BATCH, most + 1)), ("value", (TIME, BATCH))):
            self._require(f"forward's {what}", getattr(outputs, what), shape, torch.float32)

    def _privileged(self) -> Tensor | None:
        size = self.agent.num_privileged + self.agent.num_pair_privileged
        return torch.zeros(TIME, BATCH, size) if size else None

    def _call(self, method: str, *arguments: Any) -> Any:
        function = getattr(self.agent, method)
        if signature := unfit_signature(function, *arguments):
            self._fail(f"{method} takes {signature}; it must take the arguments of ActorCritic's")
        return function(*arguments)

    def _require(
        self, what: str, x: Any, shape: tuple[int | None, ...], dtype: torch.dtype
    ) -> None:
        if wrong := misfit(x, shape, dtype):
            self._fail(f"{what} is {wrong}")

    def _fail(self, text: str) -> NoReturn:
        raise UserError(f"{self.name}: {text}")


def _first_steps(spaces: Spaces) -> TimeStep:
    """The first steps of trials, [T, B]."""
    zeros = torch.zeros(TIME, BATCH, dtype=torch.int64)
    shape = spaces.image_shape
    obs = zeros if shape is None else torch.zeros(TIME, BATCH, *shape, dtype=torch.uint8)
    return TimeStep(obs, zeros, zeros.float(), zeros.bool(), zeros == 0)
