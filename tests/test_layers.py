"""The folders' order, and what a bare training machine need not have."""

import subprocess
import sys
from pathlib import Path

from rl2_mazes.benchmarks.house import FLOORS, ROOT, Import, imports_of, is_upward

HEAVY = "vizdoom numba cv2 moviepy scipy matplotlib PIL polars safetensors tensorboard gymnasium"


def all_imports():
    for folder in FLOORS:
        for path in (ROOT / folder).rglob("*.py"):
            yield from imports_of(path.relative_to(ROOT))


def test_no_folder_imports_from_one_above_it():
    between = [each for each in all_imports() if each.source[0] != each.target[0]]
    assert not [each for each in between if is_upward(each)]


def test_every_folder_stands_on_a_floor():
    for folder, inner in FLOORS.items():
        found = {path.parent.name for path in (ROOT / folder).glob("*/*.py")}
        assert found == set(inner)


def test_a_module_directly_in_benchmarks_is_a_program():
    """`rl2 bench` lists them all; what they share is in `benchmarks.harness`."""
    modules = [*(ROOT / "benchmarks").glob("[!_]*.py")]
    texts = {path.stem: path.read_text(encoding="utf-8") for path in modules}
    assert "training" in texts
    for name, text in texts.items():
        assert f'run_module("bench {name}")' in text, name
        assert "\ndef main(" in text, name


def test_the_check_sees_imports():
    targets = {each.target for each in imports_of(Path("agents/train.py"))}
    assert {("core",), ("agents", "training")} <= targets


def test_the_check_knows_which_way_is_up():
    program, library = ("agents",), ("agents", "training")
    assert is_upward(Import("", library, program))
    assert not is_upward(Import("", program, library))
    assert is_upward(Import("", ("agents", "memory"), library))
    assert is_upward(Import("", ("mazes", "twin", "cpu"), ("eval",)))
    assert not is_upward(Import("", ("mazes", "dynamics"), ("mazes",)))


def test_training_imports_torch_numpy_and_hydra_alone():
    loaded = f"m for m in {HEAVY.split()} if m in sys.modules"
    code = f"import sys, rl2_mazes.agents.train; print(*({loaded}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
