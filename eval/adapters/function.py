"""An agent of a plain function that acts in one environment at a time."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.errors import UserError
from ...core.types import Spaces, TimeStep
from .observations import observations


@dataclass
class States:
    """State of the function in each environment, and its generator; opaque to the evaluation."""

    states: list[Any]
    rng: np.random.Generator | None = None


class FunctionAgent:
    """An agent of `policy(observation, state) -> action` or `-> (action, state)`.

    The function is called for each environment in turn: simple, and slow beside a batch.

    Args:
        policy: Called with an observation, a dictionary of numpy values (see
            `eval.adapters.observations`), and its own state of that environment, which is None at
            the start of a trial. Returns the action, an integer, and may return the new state
            beside it. A policy that draws at random takes a further argument `rng`, a numpy
            generator seeded by the evaluation.
        spaces: Observations and actions of the suite, as `make_agent` gets them.
    """

    def __init__(self, policy: Callable[..., Any], spaces: Spaces):
        if not callable(policy):
            raise UserError(f"the policy is {policy!r}; it must be a function")
        self.wraps = policy
        self._spaces = spaces
        self._takes_rng = "rng" in inspect.signature(policy).parameters

    def initial_carry(self, batch_size: int) -> States:
        """No state in any environment."""
        return States([None] * batch_size)

    def act(
        self, carry: States, timestep: TimeStep, rng: torch.Generator
    ) -> tuple[Tensor, Any, Any]:
        """Call the function for each environment; see `core.types.Agent`."""
        seen = observations(timestep, self._spaces)
        first = timestep.is_first.tolist()
        draws = carry.rng
        if self._takes_rng and draws is None:
            seed = torch.randint(2**62, (), generator=rng, device=rng.device)
            draws = np.random.default_rng(int(seed))
        options = {"rng": draws} if self._takes_rng else {}
        actions, states = [], []
        for env, state in enumerate(carry.states):
            state = None if first[env] else state
            observation = {name: values[env] for name, values in seen.items()}
            returned = self.wraps(observation, state, **options)
            if isinstance(returned, tuple):
                returned, state = _pair(returned)
            actions.append(_integer(returned))
            states.append(state)
        action = torch.tensor(actions, dtype=torch.int64, device=timestep.is_first.device)
        return action, States(states, draws), None


def _pair(returned: tuple[Any, ...]) -> tuple[Any, Any]:
    if len(returned) != 2:
        raise UserError(
            f"the policy returned {len(returned)} values; it must return an action, or an action "
            "and its state"
        )
    return returned


def _integer(action: Any) -> int:
    """An action as an integer; rounding another number would hide a mistake."""
    array = np.asarray(action)
    if array.shape != () or array.dtype.kind not in "iu":
        text = " ".join(repr(action).split())[:60]
        raise UserError(f"the policy returned the action {text}; it must be one integer")
    return int(array)
