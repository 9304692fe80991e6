"""Names of conditions, which are the keys of the battery's results."""

from collections.abc import Sequence

from ...core.errors import UserError
from ...core.registries.registry import dotted_name
from ...mazes.baselines import SCRIPTED_AGENTS
from .conditions import GROUPS, Condition
from .wrappers import CONTROLS


def require_different_names(every: Sequence[Condition]) -> None:
    """Raise a `UserError` if two conditions have one name, or one has that of a group.

    Controls, scripted agents and generators of plug-ins become conditions under their own names.
    """
    known: set[str] = set()
    for each in every:
        if each.name in known or each.name in GROUPS:
            kind = "group" if each.name in GROUPS else "condition"
            raise UserError(
                f"{_source(each.name)} is registered as {each.name!r}, the name of another {kind} "
                "of the battery; give it another name"
            )
        known.add(each.name)


def _source(name: str) -> str:
    """The plug-in's entry of that name."""
    for registry in (CONTROLS, SCRIPTED_AGENTS):
        if name in registry.plugins():
            return f"the {registry.kind} {dotted_name(registry.source(registry.get(name)))}"
    return "what makes a condition"
