"""Command-line arguments: `key=value` alone, and Hydra's own options."""

import difflib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from ..errors import UserError
from ..renamed import OPTIONS, VALUES

HELP = {"-h", "--help"}
SWITCHES = {"-m", "--multirun", "-r", "--run", "--resolve", "--hydra-help", "-sc"}
SWITCHES |= {"--shell-completion", "--version"}
CONFIG_DIR = {"-cd", "--config-dir"}
WITH_VALUE = {"-c", "--cfg", "-p", "--package", "-i", "--info"} | CONFIG_DIR
INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
VALUES_OF = {"-c": ("job", "hydra", "all"), "-i": INFO}
VALUES_OF |= {"--cfg": VALUES_OF["-c"], "--info": INFO}
AGENT = "agent"
# Hydra takes agent=... and suite=... for a choice from conf/agent and conf/suite. A program where
# the key is a plain value has a field of another name, by key.
FIELDS = {AGENT: "agent_path", "suite": "suite_name"}
TRAINING_KEYS = {"suite.tasks.split": "split", "suite.tasks.num_mazes": "num_trials"}


def read(name: str, schema: type, arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra takes them.

    Args:
        name: The program's primary configuration.
        schema: Dataclass of its keys.
        arguments: Of the command line.

    Raises:
        UserError: An argument is neither `key=value` nor an option.
    """
    checked = []
    before = ""
    for argument, after in zip(arguments, [*arguments[1:], ""], strict=False):
        if argument.startswith("-"):
            _require_option(argument, after)
        elif before not in WITH_VALUE or "=" in argument:
            _require_key_and_value(argument, schema)
            if argument in VALUES:
                raise UserError(f"{argument} is now {VALUES[argument]}")
            _require_own_key(argument, name)
            argument = _with_field(argument, schema)
        checked.append(argument)
        before = argument
    return checked


def key_of(argument: str) -> str:
    """The key of an argument such as `key=value`, `+key=value` or `~key`."""
    return argument.partition("=")[0].lstrip("+~")


def is_override(argument: str) -> bool:
    """Whether an argument sets a key."""
    return argument[:1] == "~" or ("=" in argument and argument[:1] != "-")


def overrides(arguments: Sequence[str]) -> list[str]:
    """The arguments that set a key."""
    return [argument for argument in arguments if is_override(argument)]


def options(arguments: Sequence[str]) -> list[str]:
    """The options among the arguments, and their values."""
    return [argument for argument in arguments if not is_override(argument)]


def config_dir(arguments: Sequence[str]) -> Path | None:
    """The folder of the user's own presets, `--config-dir`."""
    given = options(arguments)
    for argument, after in zip(given, [*given[1:], ""], strict=False):
        option, equals, value = argument.partition("=")
        if option in CONFIG_DIR:
            folder = value if equals else after
            return Path(folder) if folder else None
    return None


def _require_option(argument: str, after: str) -> None:
    option, equals, value = argument.partition("=")
    value = value if equals else after
    if option in SWITCHES | HELP:
        return
    if option in WITH_VALUE:
        known = VALUES_OF.get(option)
        optional = known is INFO and (not value or value.startswith("-") or "=" in value)
        if known and value not in known and not optional:
            raise UserError(f"{option} is {value!r}; it must be one of {', '.join(known)}")
        if known is not INFO and (not value or (not equals and value.startswith("-"))):
            what = "FOLDER" if option in CONFIG_DIR else "PACKAGE"
            raise UserError(f"{option} has no value; say {option} {what}")
        if option in CONFIG_DIR and not Path(value).is_dir():
            raise UserError(f"{option} is {value!r}, which is not a folder")
        return
    if option in OPTIONS:
        raise UserError(f"{option} is now {OPTIONS[option]}")
    near = difflib.get_close_matches(option, sorted(SWITCHES | WITH_VALUE | HELP), n=1, cutoff=0.8)
    hint = f"did you mean {near[0]}?" if near else "settings are given as key=value"
    raise UserError(f"there is no option {option}; {hint}, see --help")


def _require_key_and_value(argument: str, schema: type) -> None:
    if "=" in argument or argument[:1] == "~":
        return
    names = {each.name for each in fields(schema)}
    if "agents" in names:
        hint = f"; for an agent, give agents=[{argument}]"
    else:
        hint = f"; for an agent, give {AGENT}={argument}" if FIELDS[AGENT] in names else ""
    raise UserError(f"{argument!r} names no key; settings are given as key=value{hint}")


def _require_own_key(argument: str, name: str) -> None:
    """Outside trainings, which mazes are drawn is up to the program's own keys."""
    key = argument.partition("=")[0]
    if name != "train" and key in TRAINING_KEYS:
        raise UserError(f"{key} is for trainings; give {TRAINING_KEYS[key]}=...")


def key_of_field(name: str) -> str:
    """The key on the command line of a field of a schema."""
    return next((key for key, field in FIELDS.items() if field == name), name)


def as_given(argument: str) -> str:
    """An argument with its key as the command line has it, not the field of a schema."""
    key, equals, value = argument.partition("=")
    return key_of_field(key) + equals + value


def _with_field(argument: str, schema: type) -> str:
    key, equals, value = argument.partition("=")
    field = FIELDS.get(key)
    return field + equals + value if field in {each.name for each in fields(schema)} else argument
