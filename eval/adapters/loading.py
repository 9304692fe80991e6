"""Agents named by `package.module:Name`: the name of what makes the agent, or of the agent itself.

def make_agent(spaces: Spaces) -> Agent: ...     my_package.agents:make_agent
class Explorer: ...                              my_package.agents:Explorer
explorer = Explorer()                            my_package.agents:explorer
"""

from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

from ...agents.networks.actor_critic import ActorCritic
from ...agents.training.checkpoint import AgentCard, find_weights, load_agent
from ...agents.training.checkpoint_files import CheckpointError
from ...agents.zoo.hub import is_on_hub
from ...core.errors import UserError
from ...core.forms.calls import unfit_signature
from ...core.registries import dotted
from ...core.types import Spaces
from .calls import call, set_greedy
from .checked import METHODS, CheckedAgent

SIGNATURE = "make_agent(spaces)"


def is_outside(name: str) -> bool:
    """Whether a name is of an agent from outside, not a file, a folder or pretrained/NAME."""
    return ":" in name and not is_on_hub(name) and not Path(name).exists()


class ModuleError(UserError):
    """A module was given as an agent.

    Attributes:
        module: Its name.
    """

    def __init__(self, path: str, module: str):
        self.module = module
        super().__init__(f"{path} is a module; say {module}:Name for what makes the agent")


def weights_of(path: str) -> Path:
    """The weights file of an agent that is not from outside, see `find_weights`.

    Raises:
        ModuleError: It is a module of the current folder, and no agent.
        UserError: There is no such agent.
    """
    if path.endswith(".py"):
        file = Path(path).parent if Path(path).name == "__init__.py" else Path(path).with_suffix("")
        module = ".".join(file.parts)
        if dotted.is_users_module(module):
            raise ModuleError(path, module)
        raise UserError(
            f"{path} is a Python file; start in its folder, and say {file.name}:Name for what "
            "makes the agent"
        )
    try:
        return find_weights(Path(path))
    except CheckpointError as error:
        if dotted.is_users_module(path):
            raise ModuleError(path, path) from error
        raise


def load_trained(path: str) -> tuple[ActorCritic, AgentCard]:
    """The network and the card of an agent that is not from outside; see `weights_of`."""
    return load_agent(weights_of(path))


class OutsideAgent:
    """An agent from outside, before the suite is known.

    Args:
        name: `package.module:Name`. It is imported, which runs its code.
        greedy: Set the agent's attribute `greedy`.

    Raises:
        UserError: There is no such object, or it can neither make nor be an agent.
    """

    def __init__(self, name: str, greedy: bool = False):
        self.name = name
        self._greedy = greedy
        self._made: dict[tuple, CheckedAgent] = {}
        self._source = dotted.load(name)
        self._is_agent = not isinstance(self._source, type) and any(
            hasattr(self._source, method) for method in METHODS
        )
        if not self._is_agent and not callable(self._source):
            raise UserError(
                f"agent {name} is {type(self._source).__name__}; it must be a function "
                f"{SIGNATURE}, a class, or an agent"
            )

    def for_spaces(self, spaces: Spaces) -> CheckedAgent:
        """The agent for a suite, made once.

        Raises:
            UserError: Making it raised, or made no agent, or one for other spaces.
        """
        key = astuple(spaces)  # with the fields that spaces are not compared by
        if key not in self._made:
            self._made[key] = self._make(spaces)
        return self._made[key]

    def _make(self, spaces: Spaces) -> CheckedAgent:
        agent: Any = self._source
        if not self._is_agent:
            arguments = (spaces,) if _takes_spaces(self.name, self._source) else ()
            agent = call(f"agent {self.name}", self._source, *arguments)
        checked = CheckedAgent(agent, spaces, self.name)
        if self._greedy:
            if not hasattr(agent, "greedy"):
                raise UserError(
                    f"greedy is true, and agent {self.name} has no attribute greedy to set; leave "
                    "it out, and let the agent itself choose how it acts"
                )
            set_greedy(agent, f"agent {self.name}")
        return checked


def _takes_spaces(name: str, make: Callable[..., Any]) -> bool:
    """Whether it is to be called with the spaces; a class or function may do without."""
    signature = unfit_signature(make, None)
    if signature is None:
        return True
    if unfit_signature(make) is None:
        return False
    raise UserError(
        f"agent {name} takes {signature}; it is called as {SIGNATURE}. To measure a function of an "
        "observation, let make_agent return rl2_mazes.FunctionAgent(function, spaces)"
    )
