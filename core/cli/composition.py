"""Compose a program's configuration with Hydra."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ..checked_suite import require_suite
from ..errors import UserError, first_line
from ..process import configure
from ..registries import plugins
from ..registries.choice import WITHOUT_SCHEMA, choices
from ..registries.groups import GROUPS, SUITES
from ..registries.registry import dotted_name, is_own
from ..validation import check
from . import arguments as command_line
from .value_errors import of_omegaconf

REGISTRIES = {registry.kind: registry for registry in GROUPS}
CONF = Path(__file__).parents[2] / "conf"
FLAT = {list[str]: "names", list[int]: "integers", list[float]: "numbers"}
_entered: dict[tuple[str, str], tuple[type, Path | None]] = {}  # opening all takes a while
NAME_OF = "name_of"  # resolver: a value, such as a list, as a part of a folder's name


def register(name: str, schema: type, own: Path | None = None) -> None:
    """Enter the keys of a program, and those of every group of presets, into Hydra's store.

    Args:
        name: The program's primary configuration.
        schema: Dataclass of its keys.
        own: The user's folder of presets.
    """
    store = ConfigStore.instance().store
    store(name=f"{name}_schema", node=schema)
    for registry in GROUPS:
        for entry in registry:
            enter(registry.kind, entry, own)


def enter(group: str, name: str, own: Path | None = None) -> None:
    """Enter an entry of a group of presets into Hydra's store.

    An entry of a plug-in becomes a preset as well, unless the user has one of that name.

    Args:
        group: Kind of the registry.
        name: A name that `Registry.get` takes.
        own: The user's folder of presets.

    Raises:
        UserError: There is no such entry, it has the name of one of our presets, or its fields have
            types that Hydra does not know.
    """
    schema = REGISTRIES[group].get(name)
    if _entered.get((group, name)) == (schema, own):
        return
    store = ConfigStore.instance().store
    try:
        store(group=f"{group}/schema", name=name, node=_open(schema))
    except (OmegaConfBaseException, TypeError, ValueError) as error:
        text = first_line(error)
        raise UserError(f"{group} {name!r} cannot be a group of settings: {text}") from error
    if not is_own(schema):
        _require_no_preset(group, name, schema)
    if not is_own(schema) and not (own and (own / group / f"{name}.yaml").is_file()):
        within = [{key: getattr(schema(), key).kind} for key in choices(schema)]
        defaults = [f"schema/{name}@_here_", *within, "_self_"]
        store(group=group, name=name, node={"defaults": defaults})
    _entered[group, name] = schema, own


def _require_no_preset(group: str, name: str, schema: type) -> None:
    """Raise if a plug-in's entry has the name of one of our presets, which may be of another."""
    preset = CONF / group / f"{name}.yaml"
    if preset.is_file():
        raise UserError(
            f"{dotted_name(schema)} registers the {group} {name!r}, which is the name of our "
            f"preset {preset}; give it another name"
        )


def _open(schema: type) -> DictConfig:
    """An entry's keys; those that a group within it fills are left to that group."""
    node = OmegaConf.structured(schema)
    for key in choices(schema):
        node[key] = MISSING
    return node


def _name_of(value: Any) -> str:
    text = str(value)
    return re.sub(r"[^\w.+-]+", "_", text).strip("_") or text


# At import, because a launcher's processes import this module before they name a job's folder.
OmegaConf.register_new_resolver(NAME_OF, _name_of, replace=True)


def compose(name: str, schema: type, overrides: Sequence[str] = ()) -> DictConfig:
    """The configuration of a program for these overrides, outside a command line."""
    register(name, schema)
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(name, overrides=list(overrides))


def run_hydra(
    name: str, task: Callable[[DictConfig], float | None], arguments: Sequence[str]
) -> None:
    """Run Hydra's main function, which calls `task` with each job's configuration.

    Args:
        name: The program's primary configuration.
        task: Called with each job's configuration; raises nothing.
        arguments: Overrides and options in any order. Hydra wants overrides side by side.

    Raises:
        UserError: The configuration cannot be composed.
    """
    sys.argv[1:] = [*command_line.overrides(arguments), *command_line.options(arguments)]
    try:
        hydra.main(version_base="1.3", config_path=str(CONF), config_name=name)(task)()
    except (HydraException, OmegaConfBaseException):
        raise
    except (AttributeError, RecursionError, TypeError, ValueError, YAMLError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"the configuration cannot be composed: {text}") from error


def settings_of(config: DictConfig) -> Any:
    """A configuration as the dataclass of its program.

    Raises:
        UserError: A value is missing, has another type, or breaks its rule.
    """
    configure()  # a launcher may have started another process for this job
    plugins.name(plugins.names_in(OmegaConf.to_container(config)))  # the user chose every value
    _require_flat_lists(config)
    try:
        settings = OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        raise UserError(of_omegaconf(error)) from error
    except UserError:
        raise
    except ValueError as error:  # of a plug-in's __post_init__
        key = _refused(config)
        raise UserError(f"{key}: {first_line(error)}" if key else first_line(error)) from error
    check(settings)
    _require_choices(settings)
    return settings


def _refused(config: DictConfig, prefix: str = "") -> str:
    """The key of the innermost settings that cannot be made."""
    for key in config:
        part = None if OmegaConf.is_missing(config, key) else config[key]
        if isinstance(part, DictConfig):
            try:
                OmegaConf.to_object(part)
            except ValueError:
                return _refused(part, f"{prefix}{key}.")
    return prefix.removesuffix(".")


def _require_flat_lists(config: DictConfig, prefix: str = "") -> None:
    """Raise if a list of names or numbers holds lists or mappings, which OmegaConf lets through."""
    kind = OmegaConf.get_type(config)
    declared = fields(kind) if is_dataclass(kind) else ()
    lists = {each.name: FLAT[each.type] for each in declared if each.type in FLAT}
    for key in config:
        value = None if OmegaConf.is_missing(config, key) else config[key]
        if isinstance(value, DictConfig):
            _require_flat_lists(value, f"{prefix}{key}.")
        elif key in lists and any(OmegaConf.is_config(each) for each in value or ()):
            raise UserError(f"{prefix}{key} is {value}; it must be a list of {lists[key]}")


def _require_choices(settings: Any) -> None:
    """Raise unless each group holds one of its registry's entries, or nothing where it may."""
    for each in fields(settings):
        registry = REGISTRIES.get(each.name)
        value = getattr(settings, each.name)
        if registry is None or each.type is not Any or (value is None and each.default is None):
            continue
        if not registry.holds(value):
            if isinstance(value, dict) and value:
                raise UserError(f"{each.name} is {value}; {WITHOUT_SCHEMA}")
            given = "null" if value is None else value
            raise UserError(
                f"{each.name} is {given}; choose one of the presets of --help: {each.name}=..."
            )
        if registry is SUITES:
            require_suite(value)
