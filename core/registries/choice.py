"""Settings within settings that are chosen from a group of presets of their own.

    @dataclass
    class RL2Settings:
        memory: Any = choice(MEMORIES, GRUSettings)     # rl2-train agent/memory=lstm

In plain data (a configuration, a card) such settings say which entry they are by their `kind`.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from typing import Any

from ..errors import UserError
from .registry import Registry

REGISTRY = "registry"
KIND = "kind"
WITHOUT_SCHEMA = "its preset lacks the keys of an entry: defaults: [schema/NAME@_here_, _self_]"


def choice(registry: Registry[type], default: Callable[[], Any]) -> Any:
    """A field for settings of any entry of a registry; `default` makes those of one."""
    return field(default_factory=default, metadata={REGISTRY: registry})


def choices(settings: Any) -> dict[str, Registry[type]]:
    """The fields of a dataclass, or of an instance, that `choice` declares: registries by name."""
    return {
        each.name: each.metadata[REGISTRY] for each in fields(settings) if REGISTRY in each.metadata
    }


def require_choices(settings: Any) -> None:
    """Raise unless each field that `choice` declares holds settings of an entry.

    Raises:
        UserError: It holds something else, such as the name of an entry.
    """
    for name, registry in choices(settings).items():
        value = getattr(settings, name)
        key = registry.kind.replace("/", ".")
        if registry.holds(value):
            if (kind := getattr(type(value), KIND, None)) != getattr(value, KIND, None):
                raise UserError(
                    f"{key}.{KIND} is {getattr(value, KIND)}; it stores which entry this is and "
                    f"must stay {kind}: choose another with {registry.kind}="
                )
            continue
        if isinstance(value, str):
            registry.get(value)
            raise UserError(f"{key} is {value}; it is a group of presets: {registry.kind}={value}")
        if isinstance(value, Mapping) and value:
            raise UserError(f"{key} is {value}; {WITHOUT_SCHEMA}")
        given = "null" if value is None else value
        known = ", ".join(registry)
        raise UserError(f"{key} is {given}; choose with {registry.kind}= from {known}")


def default_settings(settings: Any) -> dict[str, Any]:
    """Default settings of the same entries, as plain data; fields without a default are left out.

    No instance is made: a dataclass may refuse its defaults, as a mixture without rows does.
    """
    found = {}
    for each in fields(settings):
        value = getattr(settings, each.name)
        if is_dataclass(value):
            found[each.name] = default_settings(value)
        elif each.default is not MISSING:
            found[each.name] = each.default
        elif each.default_factory is not MISSING:
            found[each.name] = each.default_factory()
    return found


def settings_from(schema: type, plain: Mapping[str, Any]) -> Any:
    """A dataclass from plain data, as `dataclasses.asdict` makes it; with what `choice` declares.

    Raises:
        UserError: A setting breaks its rule.
        TypeError: A key is missing or unknown.
    """
    chosen = {
        name: settings_from(entry_of(registry, plain[name]), plain[name])
        for name, registry in choices(schema).items()
        if name in plain
    }
    return schema(**{**plain, **chosen})


def entry_of(registry: Registry[type], plain: Any) -> type:
    """The entry that plain data names by its `kind`.

    Raises:
        UserError: It names none, or none that there is.
    """
    if not isinstance(plain, Mapping) or KIND not in plain:
        raise UserError(f"{registry.kind} has no kind; it must be one of {', '.join(registry)}")
    return registry.get_stored(plain[KIND])
