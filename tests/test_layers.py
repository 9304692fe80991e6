"""The folders' order, and what a bare training machine need not have."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ORDER = ["core", "bandits", "mdps", "mazes", "agents", "eval"]  # imports go to the left
HEAVY = "vizdoom numba cv2 moviepy scipy matplotlib PIL polars safetensors tensorboard gymnasium"


def imports_of(path):
    """The folders that a module imports from, by relative imports."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            parts = [*base, *(node.module.split(".") if node.module else [])]
            yield from parts[:1] or [alias.name for alias in node.names]


def test_no_folder_imports_from_one_above_it():
    wrong = []
    for layer, folder in enumerate(ORDER):
        for path in (ROOT / folder).rglob("*.py"):
            name, allowed = path.relative_to(ROOT), ORDER[: layer + 1]
            wrong += [
                f"{name} imports {each}"
                for each in imports_of(path)
                if each in ORDER and each not in allowed
            ]
    assert not wrong


def test_the_check_sees_imports():
    assert {"core", "agents"} <= set(imports_of(ROOT / "agents" / "train.py"))


def test_training_imports_torch_numpy_and_hydra_alone():
    loaded = f"m for m in {HEAVY.split()} if m in sys.modules"
    code = f"import sys, rl2_mazes.agents.train; print(*({loaded}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
