"""Command-line arguments: `key=value` alone, and Hydra's own options."""

import difflib
from collections.abc import Sequence
from dataclasses import fields

from ..errors import UserError
from ..renamed import OPTIONS, VALUES

HELP = {"-h", "--help"}
SWITCHES = {"-m", "--multirun", "-r", "--run", "--resolve", "--hydra-help", "-sc"}
SWITCHES |= {"--shell-completion", "--version"}
WITH_VALUE = {"-c", "--cfg", "-p", "--package", "-i", "--info", "-cd", "--config-dir"}
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
    for argument in arguments:
        if argument.startswith("-"):
            _require_option(argument)
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


def overrides(arguments: Sequence[str]) -> list[str]:
    """The arguments that set a key."""
    return [argument for argument in arguments if "=" in argument or argument[:1] == "~"]


def _require_option(argument: str) -> None:
    option = argument.partition("=")[0]
    if option in SWITCHES | WITH_VALUE | HELP:
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


def _with_field(argument: str, schema: type) -> str:
    key, equals, value = argument.partition("=")
    field = FIELDS.get(key)
    return field + equals + value if field in {each.name for each in fields(schema)} else argument
