"""Check an agent from outside at every step, so that a mistake in it is named and not measured.

An environment may read memory by an action, and a figure of an agent whose memory is lost halfway
looks like any other. Trained agents of this project have tests instead.
"""

from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from ...core.types import Spaces, TimeStep
from .calls import OutsideError, UnfitError, call

METHODS = ("initial_carry", "act")


class CheckedAgent:
    """An agent around an agent, whose mistakes end in one line.

    Observations are cloned for it: the agent may keep them or write into them.

    Attributes:
        agent: The agent inside.
        name: Name of it, for messages.

    Args:
        agent: See `core.types.Agent`.
        spaces: Observations and actions of the suite.
        name: Name in messages; the class if empty.
        kind: Of agent, in messages: also an algorithm or a control.

    Raises:
        UserError: It is no agent, or for other spaces.
    """

    def __init__(self, agent: Any, spaces: Spaces, name: str = "", kind: str = "agent"):
        self.agent = agent
        self.name = name or f"of class {type(agent).__name__}"
        self._what = f"{kind} {self.name}"
        self._spaces = spaces
        self._step = 0
        require_agent(agent, self._what)
        wanted = getattr(agent, "spaces", None)
        if isinstance(wanted, Spaces) and wanted != spaces:
            ours, theirs = wanted.apart_from(spaces)
            raise UnfitError(f"{self._what} is for {ours}, the suite has {theirs}")

    def to(self, device: torch.device) -> "CheckedAgent":
        """Move the agent to a device, if it is a module of torch; returns itself."""
        if isinstance(self.agent, torch.nn.Module):
            self.agent.to(device)
        return self

    def initial_carry(self, batch_size: int) -> Any:
        """The agent's memory at the start of a trial."""
        self._step = 0
        return call(f"{self._what}: initial_carry", self.agent.initial_carry, batch_size)

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """The agent's actions, checked; see `core.types.Agent`.

        Raises:
            UserError: It raised, or returned something else than actions and its carry.
        """
        given = timestep._replace(obs=timestep.obs.clone())  # a buffer that is overwritten
        before = layout(carry)  # now: it may write into it
        returned = call(f"{self._where}: act", self.agent.act, carry, given, rng)
        if not isinstance(returned, tuple | list) or len(returned) != 3:
            self._fail(f"act returned {short(returned)}; it must return (action, carry, extras)")
        action, after, extras = returned
        self._require_actions(action, timestep.is_first)
        if layout(after) != before:
            source = "act before" if self._step else "initial_carry"
            self._fail(
                f"act returned the carry {_text(layout(after))}, and {source} {_text(before)}; "
                "the carry must keep its type and shape"
            )
        self._step += 1
        return action, after, extras

    def _require_actions(self, action: Any, is_first: Tensor) -> None:
        size, most = len(is_first), self._spaces.num_actions - 1
        rule = f"they must be a tensor [{size}] of torch.int64, of 0 .. {most}"
        if not isinstance(action, Tensor):
            self._fail(f"act returned the actions {short(action)}; {rule}")
        if action.shape != is_first.shape:
            self._fail(f"act returned actions of shape {list(action.shape)}; {rule}")
        if action.is_floating_point() and (wrong := _first(action.isnan())) is not None:
            self._fail(f"act returned NaN in environment {wrong}; {rule}")
        if action.dtype != torch.int64:
            self._fail(f"act returned actions of {action.dtype}; {rule}")
        if action.device != is_first.device:
            self._fail(f"act returned actions on {action.device}; they must be on that of is_first")
        if (wrong := _first((action < 0) | (action > most))) is not None:
            self._fail(f"act returned action {int(action[wrong])} in environment {wrong}; {rule}")

    @property
    def _where(self) -> str:
        return f"{self._what}, step {self._step + 1}"

    def _fail(self, text: str) -> NoReturn:
        raise OutsideError(f"{self._where}: {text}")


def require_agent(agent: Any, what: str) -> None:
    """Raise a `UserError` unless it is an agent, see `core.types.Agent`."""
    for method in METHODS:
        if isinstance(agent, type) or not callable(getattr(agent, method, None)):
            raise OutsideError(
                f"{what} is {short(agent)}, which has no method {method}; an agent has "
                "initial_carry(batch_size) and act(carry, timestep, rng)"
            )


def layout(carry: Any) -> Any:
    """Type and shape of a carry, for comparisons.

    Tensors and arrays are described with type and shape, also inside tuples and dictionaries that
    hold nothing else; lists with their length; anything else with its type alone, so that an object
    of the agent's own may hold whatever it likes.
    """
    if isinstance(carry, Tensor | np.ndarray):
        kind = "tensor" if isinstance(carry, Tensor) else "array"
        return f"{kind} {list(carry.shape)} of {carry.dtype}"
    if isinstance(carry, tuple):
        return tuple(map(layout, carry))
    if isinstance(carry, list):
        return f"list of {len(carry)}"
    if isinstance(carry, dict) and all(isinstance(x, Tensor | np.ndarray) for x in carry.values()):
        return {key: layout(value) for key, value in carry.items()}
    return type(carry).__name__


def _text(described: Any) -> str:
    if isinstance(described, tuple):
        return f"({', '.join(map(_text, described))})"
    if isinstance(described, dict):
        return "{" + ", ".join(f"{key}: {value}" for key, value in described.items()) + "}"
    return "None" if described == "NoneType" else str(described)


def _first(wrong: Tensor) -> int | None:
    """Index of the first entry that is true."""
    return int(wrong.int().argmax()) if wrong.any() else None


def short(value: Any) -> str:
    """A value in one short line."""
    if isinstance(value, Tensor | np.ndarray):
        return str(layout(value))
    try:
        text = " ".join(repr(value).split())
    except Exception:  # of a stranger's __repr__
        return f"an object of class {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
