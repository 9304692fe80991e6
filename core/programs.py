"""The command `rl2` and the table of all programs.

    rl2 --help
    rl2 demo
    rl2 train experiment=demo
    rl2 bench engine

Imports neither torch nor a program before it is run.
"""

import ast
import importlib
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from .errors import UserError
from .imports.extras import missing_extra
from .process import configure
from .renamed import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = "rl2_mazes"
PROGRAMS = {
    "demo": "eval.demo",
    "train": "agents.train",
    "eval": "eval.evaluate",
    "battery": "eval.battery",
    "tables": "eval.tables",
    "compare": "eval.compare",
    "gallery": "eval.gallery",
    "results": "eval.results",
    "record": "eval.record",
    "probe": "eval.probe",
    "parity": "eval.parity",
    "leaderboard": "eval.leaderboard_page",
    "publish": "agents.publish",
    "card": "agents.card",
    "play": "eval.play",
    "report": "eval.report",
    "textures": "eval.textures",
}
BENCH = "bench"  # rl2 bench NAME runs benchmarks/NAME.py


def main() -> NoReturn:
    """Entry point of `rl2`."""
    match sys.argv[1:]:
        case [] | ["-h" | "--help", *_]:
            print(help_text())
            sys.exit(0)
        case ["--version", *_]:
            print(version_text())
            sys.exit(0)
        case ["bench", *arguments]:
            run_benchmark(arguments)
        case [name, *arguments]:
            require(name, [*PROGRAMS, BENCH], "rl2")
            run(name, arguments)
    raise AssertionError


def train() -> NoReturn:
    """Entry point of `rl2-train`."""
    run("train", sys.argv[1:], "rl2-train")


def evaluate() -> NoReturn:
    """Entry point of `rl2-eval`."""
    run("eval", sys.argv[1:], "rl2-eval")


def run_module(name: str) -> NoReturn:
    """Run a program that was started as `python -m rl2_mazes.FOLDER.NAME`.

    A program calls this at its top: the process has to be configured before torch is imported, and
    a sweep's jobs in other processes import the program by its own name, not as `__main__`.

    Args:
        name: As in `rl2 NAME`, or `bench NAME`.
    """
    if name.startswith(BENCH):
        run_benchmark([*name.split()[1:], *sys.argv[1:]])
    run(name, sys.argv[1:])


def run(name: str, arguments: list[str], command: str | None = None) -> NoReturn:
    """Configure the process, import a program and run it; exits with its code.

    Args:
        name: A key of `PROGRAMS`.
        arguments: For the program.
        command: The name that the program was called by, if not `rl2 NAME`.
    """
    start(f"{PACKAGE}.{PROGRAMS[name]}", command or f"rl2 {name}", arguments)


def run_benchmark(arguments: list[str]) -> NoReturn:
    """Run `rl2 bench NAME`."""
    names = sorted(each.stem for each in (ROOT / "benchmarks").glob("[!_]*.py"))
    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: rl2 bench NAME [arguments]\n")
        print(listing({name: f"benchmarks.{name}" for name in names}))
        sys.exit(0)
    require(arguments[0], names, "rl2 bench")
    module = f"{PACKAGE}.benchmarks.{arguments[0]}"
    start(module, f"rl2 bench {arguments[0]}", arguments[1:])


def start(module: str, command: str, arguments: list[str]) -> NoReturn:
    """Configure the process, then import a module and run its `main`.

    A `UserError`, and a package that is missing because its extra was not installed, end the
    program in one line; Ctrl-C ends it without a word.
    """
    configure()
    sys.argv = [command, *arguments]
    try:
        main: Callable[[], int | None] = importlib.import_module(module).main
        code = main()
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if text := missing_extra(error):
            print(f"error: {command} needs {text}", file=sys.stderr)
            sys.exit(2)
        raise
    sys.exit(code)


def require(name: str, known: list[str], command: str) -> None:
    """Exit with one line unless `name` is known."""
    if name in known:
        return
    if new := COMMANDS.get(f"{command} {name}"):
        print(f"error: {command} {name} is now {new}", file=sys.stderr)
        sys.exit(2)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    print(f"error: {command} has no {name}; {hint}choose from {', '.join(known)}", file=sys.stderr)
    sys.exit(2)


def help_text() -> str:
    """Every program with the first line of its docstring."""
    programs = listing({**PROGRAMS, BENCH: "benchmarks"})
    return f"usage: rl2 NAME [key=value ...]\n\n{programs}\n\nrl2 NAME --help lists its keys."


def listing(modules: dict[str, str]) -> str:
    """A line per module: its name and the first line of its docstring, which is not imported."""
    width = max(map(len, modules))
    return "\n".join(f"  {name:{width}}  {summary(each)}" for name, each in modules.items())


def summary(module: str) -> str:
    """First line of a module's docstring, read from its source."""
    path = ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def version_text() -> str:
    """Name and version of this project."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"rl2-mazes {version('rl2-mazes')}"
    except PackageNotFoundError:
        return "rl2-mazes, not installed"
