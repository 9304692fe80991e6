"""Commands that README.md, docs/ and the other pages name can be run as they stand."""

import importlib
import importlib.util
import re
import shlex

import pytest
from support.pages import ROOT, blocks, pages

from rl2_mazes.core import cli
from rl2_mazes.core.cli.arguments import read
from rl2_mazes.core.programs import PROGRAMS

SHORT = {"rl2-train": ["rl2", "train"], "rl2-eval": ["rl2", "eval"]}
LAUNCHER = ("hydra/", "hydra.")  # keys of launchers, which need not be installed


def commands():
    """Every line of a block of shell code, with where it stands."""
    for page in pages():
        for block in blocks(page, "sh"):
            for offset, line in enumerate(block.text.splitlines()):
                if words := shlex.split(line, comments=True):
                    where = f"{page.relative_to(ROOT)}:{block.line + offset}"
                    yield pytest.param(words, id=where)


def reference():
    path = ROOT / "docs" / "site" / "command_reference.py"
    spec = importlib.util.spec_from_file_location("command_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def config_name(module):
    """The name of the program's primary configuration, as it hands it to `cli.run`."""
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    return re.search(r"cli\.run\(\s*\"(\w+)\"", source)[1]


@pytest.mark.parametrize("words", list(commands()))
def test_a_command_of_the_pages_can_be_run(words):
    while words:  # several in a line
        at = words.index("&&") if "&&" in words else len(words)
        one, words = words[:at], words[at + 1 :]
        require_command(SHORT.get(one[0], one[:1]) + one[1:])


def require_command(words):
    match words:
        case ["rl2", "bench", name, *_]:
            assert (ROOT / "benchmarks" / f"{name}.py").is_file()
        case ["rl2", "--help" | "--version"]:
            pass
        case ["rl2", name, *arguments]:
            require_arguments(PROGRAMS[name], arguments)
        case ["make", *targets]:
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(module)
        case ["python", script, *_]:
            assert (ROOT / script).is_file()
        case ["torchrun", *_]:
            assert importlib.util.find_spec(words[words.index("-m") + 1])
            require_arguments("agents.train", words[words.index("-m") + 2 :])
        case ["export", assignment]:
            assert re.fullmatch(r"RL2_\w+=\S+", assignment)
        case ["source", ".venv/bin/activate"] | ["pip", "install", *_]:
            pass
        case _:
            raise AssertionError(f"no such command: {words}")


def require_arguments(program, arguments):
    """The configuration composes; of a sweep, for the first value of each key."""
    module = importlib.import_module(f"rl2_mazes.{program}")
    schema = reference().schema_of(module)
    given = [each for each in arguments if each[0] != "-" and not each.startswith(LAUNCHER)]
    if "--multirun" in arguments:
        given = [re.sub(r"^([\w./]+=)([^\[,]*),.*", r"\1\2", each) for each in given]
    given = [each for each in given if not each.startswith("+sweep=") or require_sweep(each)]
    if "--help" in arguments:
        return
    name = config_name(program)
    cli.compose(name, schema, read(name, schema, given))


def require_sweep(argument):
    assert (ROOT / "conf" / "sweep" / f"{argument.partition('=')[2]}.yaml").is_file()
    return False


def test_the_command_reference_is_up_to_date():
    page = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert reference().page() == page, "write it again: python docs/site/command_reference.py"
