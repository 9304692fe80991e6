"""Imports change nothing in the process, and reach every module under one name."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from rl2_mazes.benchmarks.house import FLOORS

ROOT = Path(__file__).parents[1]
FOLDERS = {*FLOORS, "conf"}
ELSEWHERE = ("tests", "examples", "docs", "build", ".venv", "runs")  # not in the package
FOREIGN = {"LD_LIBRARY_PATH", "PYGAME_HIDE_SUPPORT_PROMPT"}  # set by cv2 and by vizdoom
IMPORT_ALL = """
import importlib, os, pkgutil, resource
def faults():
    b"x" * (1 << 27)  # 128 MiB, freed at once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"x" * (1 << 27)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
variables, before, count = dict(os.environ), faults(), 0
import rl2_mazes
for module in pkgutil.walk_packages(rl2_mazes.__path__, "rl2_mazes."):
    if module.name.split(".")[1] in %r:
        continue
    try:
        importlib.import_module(module.name)
        count += 1
    except ModuleNotFoundError as error:
        assert error.name.split(".")[0] in ("triton", "sb3_contrib"), error
changed = {name for name, _ in {*variables.items()} ^ {*os.environ.items()}}
print(count, (before > 1000) == (faults() > 1000), *sorted(changed - %r))
"""


def sources():
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] not in (".venv", "build", "runs"):
            yield path


def test_importing_every_module_changes_nothing_in_the_process():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL % (ELSEWHERE, FOREIGN)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    count, as_before, *changed = done.stdout.split()
    assert int(count) > 200
    assert as_before == "True", "freed memory is kept, or no longer kept"
    assert changed == []


def test_no_folder_is_imported_as_a_top_level_name():
    """The same module would be loaded twice, or somebody else's."""
    wrong = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            else:
                continue
            roots = {name.partition(".")[0] for name in names}
            wrong += [f"{path.relative_to(ROOT)}:{node.lineno}"] * bool(roots & FOLDERS)
    assert not wrong


def test_the_list_of_packages_is_that_of_the_folders():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = {path.parent.relative_to(ROOT) for path in ROOT.rglob("__init__.py")}
    found = {
        ".".join(("rl2_mazes", *folder.parts))
        for folder in folders
        if folder.parts[:1] == () or folder.parts[0] not in ELSEWHERE
    }
    assert found == set(packages["tool"]["setuptools"]["packages"])
