"""One line for every mistake on the command line: what is wrong and what would be right."""

import difflib
import re
from collections.abc import Sequence

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import ConfigTypeError, OmegaConfBaseException, ValidationError

from ..errors import UserError, first_line
from ..registries.dotted import is_dotted, is_users_module
from ..renamed import CHOICES, KEYS, REMOVED
from .arguments import FIELDS, config_dir, key_of_field, overrides
from .composition import CONF, REGISTRIES
from .overrides import choosable, group_of
from .value_errors import of_omegaconf, override_of

OF_PRESET = re.compile(r"In '(.+)': \w+ raised while composing config:\n(.+)\n *full_key: (.*)")
IN_PRESET = re.compile(r"In '(\w+/.+?)': Could not ")
LAUNCHERS = {"joblib": "hydra-joblib-launcher", "submitit": "'rl2-mazes[slurm]'"}
CHOOSES = re.compile(r"^(suite|engine|agent|learner|experiment)(/\w+)?=")  # adds keys


def one_line(error: BaseException, name: str, arguments: Sequence[str]) -> str:
    """Describe an error in one line.

    Args:
        error: Raised while a program composed its configuration or ran.
        name: The program's primary configuration.
        arguments: Of the command line.
    """
    line = _one_line(error, name, arguments)
    for key, field in FIELDS.items():
        line = line.replace(field, key)
    return line


def out_of_memory(error: BaseException) -> str | None:
    """A line for an error of an allocation on the CPU; None for any other error."""
    text = str(error)
    if not isinstance(error, MemoryError) and "DefaultCPUAllocator" not in text:
        return None
    size = re.search(r"allocate (\d+) bytes", text)
    asked = f", {int(size[1]) / 2**30:,.1f} GiB were asked for" if size else ""
    return f"these settings need more memory than there is{asked}; give smaller numbers"


def _one_line(error: BaseException, name: str, arguments: Sequence[str]) -> str:
    if isinstance(error, MissingConfigException):
        return _of_missing_choice(error, arguments)
    if isinstance(error, OverrideParseException):
        return (
            f"{first_line(error)}; settings are given as key=value, and a value with = or a comma "
            "in it as \"key='value'\""
        )
    if unknown := re.search(r"Could not (?:override|append|delete) '?([\w./@-]+)", str(error)):
        return _of_unknown_key(unknown[1], name, arguments)
    if preset := OF_PRESET.match(str(error)):
        if isinstance(error.__context__, ValidationError | ConfigTypeError):
            return f"preset {preset[1]}: {of_omegaconf(error.__context__)}"
        return f"preset {preset[1]} sets {preset[3]}: {preset[2]}"
    if "Ambiguous value for argument" in str(error):
        return f"{first_line(error)}; to sweep over its values, add --multirun"
    if isinstance(error, OmegaConfBaseException):
        return of_omegaconf(error, arguments)
    if isinstance(error, HydraException) and isinstance(error.__cause__, OmegaConfBaseException):
        override = override_of(error)
        return of_omegaconf(error.__cause__, arguments if override is None else [override])
    return first_line(error)


def _of_unknown_key(key: str, name: str, arguments: Sequence[str]) -> str:
    names = _known_keys(name, arguments)
    known = [key_of_field(each) for each in names]
    new = KEYS.get(key)
    if new is not None and FIELDS.get(new, new) in names:
        return f"{key} is now {new}"
    if key.removeprefix("agent.") in REMOVED:
        return f"there is no key {key} any more; for bandits and MDPs there is agent=exchangeable"
    if key.startswith("suite.") and not any(each.startswith("suite.") for each in known):
        return f"there is no key {key} before a suite is chosen; add suite=mazes/walk_small, say"
    last = key.rsplit(".", 1)[-1]
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6) or [
        each
        for near_last in difflib.get_close_matches(last, [k.rsplit(".", 1)[-1] for k in known], n=1)
        for each in known
        if each.rsplit(".", 1)[-1] == near_last
    ]
    hint = f"did you mean {near[0]}?" if near else "see --help for the keys"
    return f"there is no key {key}; {hint}"


def _known_keys(name: str, arguments: Sequence[str]) -> list[str]:
    """The program's keys, with those of the presets that the arguments choose, if they exist."""
    groups = [_first(each) for each in overrides(arguments) if CHOOSES.match(each)]
    if folder := config_dir(arguments):
        groups.append(f"hydra.searchpath=['file://{folder.absolute()}']")
    for chosen in (groups, []):
        GlobalHydra.instance().clear()
        try:
            with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
                return _keys(hydra.compose(name, overrides=chosen))
        except (HydraException, OmegaConfBaseException, ValueError):
            continue
    return []


def _first(argument: str) -> str:
    """The first job's argument of a sweep such as `experiment=a,b`."""
    return argument.partition(",")[0]


def _of_missing_choice(error: MissingConfigException, arguments: Sequence[str]) -> str:
    missing = str(error.missing_cfg_file or "")
    if missing.startswith("hydra/launcher/"):
        return _of_missing_launcher(missing.rpartition("/")[2])
    if missing == "hydra/sweeper/optuna":
        return "hydra/sweeper=optuna is not installed; pip install 'rl2-mazes[optuna]'"
    group = group_of(missing)
    choice = missing.removeprefix(f"{group}/")
    given = f"{group}={choice}"
    if given in CHOICES:
        return f"{given} is now {CHOICES[given]}"
    if text := _of_missing_plugin(group, choice) or _of_missing_entry(error, group, choice):
        return text
    known = choosable(group, config_dir(arguments))
    if not known:
        return first_line(error)
    near = difflib.get_close_matches(choice, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    if group in REGISTRIES and is_users_module(choice):
        hint += f"for an object of the module {choice}, say {group}={choice}:Name; or "
    return f"{given} does not exist; {hint}choose from {', '.join(known)}"


def _of_missing_plugin(group: str, choice: str) -> str | None:
    """Why an object that a preset of the user's names is no entry; None for another choice."""
    name = choice.removeprefix("schema/")
    try:
        if is_dotted(name) and group in REGISTRIES:
            REGISTRIES[group].get(name)
    except UserError as error:
        return str(error)
    return None


def _of_missing_entry(error: MissingConfigException, group: str, choice: str) -> str | None:
    """A line for an entry that a preset needs and nobody registers; None for another choice."""
    preset = IN_PRESET.match(str(error))
    if preset is None or not choice.startswith("schema/") or group not in REGISTRIES:
        return None
    name = choice.removeprefix("schema/")
    near = difflib.get_close_matches(name, REGISTRIES[group], n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return (
        f"preset {preset[1]} needs the {group} {name!r}, which no loaded plug-in registers; {hint}"
        "pip install its package, or add plugins=[its_module]"
    )


def _of_missing_launcher(name: str) -> str:
    for launcher, remedy in LAUNCHERS.items():
        if name in (launcher, f"{launcher}_slurm", f"{launcher}_local"):
            return f"hydra/launcher={name} is not installed; pip install {remedy}"
    known = ("basic", "joblib", "slurm", "submitit_local")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"hydra/launcher={name} does not exist; {hint}choose from {', '.join(known)}"


def _keys(config: DictConfig, prefix: str = "") -> list[str]:
    keys = []
    for key in config:
        keys.append(f"{prefix}{key}")
        if not OmegaConf.is_missing(config, key) and isinstance(config[key], DictConfig):
            keys += _keys(config[key], f"{prefix}{key}.")
    return keys
