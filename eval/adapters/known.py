"""Facts about an agent from outside that results can state: there is no card to read."""

import sys
from importlib import metadata
from typing import Any

from .checked import CheckedAgent

ALWAYS = ("rl2_mazes", "torch", "numpy")


def known_of(name: str, checked: CheckedAgent) -> dict[str, Any]:
    """Facts about an agent, plain values for JSON.

    Args:
        name: As the user named it, `package.module:Name`.
        checked: The agent.

    Returns:
        `name`; `class`, with its module; `wraps`, the function or model in an adapter, or None;
        `versions` of Python, of this project, and of the packages that the agent is of, by name.
    """
    agent = checked.agent
    module = name.partition(":")[0]
    wraps = getattr(agent, "wraps", None)
    origins = [module, type(agent).__module__, *([_module(wraps)] if wraps is not None else ())]
    return {
        "name": name,
        "class": f"{type(agent).__module__}.{type(agent).__qualname__}",
        "wraps": None if wraps is None else f"{_module(wraps)}.{_qualname(wraps)}",
        "versions": {"python": sys.version.split()[0], **_versions([*ALWAYS, *origins])},
    }


def _module(wrapped: Any) -> str:
    own = getattr(wrapped, "__module__", None) if callable(wrapped) else None
    return own or type(wrapped).__module__


def _qualname(wrapped: Any) -> str:
    return getattr(wrapped, "__qualname__", None) or type(wrapped).__qualname__


def _versions(modules: list[str]) -> dict[str, str]:
    """Versions of the distributions that modules are of; those of no distribution are left out."""
    by_package = metadata.packages_distributions()
    found = {}
    for module in modules:
        for distribution in by_package.get(module.partition(".")[0], ()):
            found[distribution] = metadata.version(distribution)
    return found
