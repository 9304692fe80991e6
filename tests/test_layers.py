"""The folders' order, and what a bare training machine need not have."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ORDER = ["trials", "bandits", "mdps", "mazes", "agents", "eval", "conf"]  # imports go to the left
MAIN_PROGRAMS = {  # which may read conf
    *("agents/publish.py", "agents/train.py"),
    *("eval/battery.py", "eval/evaluate.py", "eval/gallery.py", "eval/play.py", "eval/tables.py"),
    *("eval/page/page.py",),
}
HEAVY = "vizdoom numba cv2 moviepy scipy matplotlib PIL polars safetensors tensorboard gymnasium"


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_no_folder_imports_from_one_above_it():
    wrong = []
    for layer, folder in enumerate(ORDER):
        for path in (ROOT / folder).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            allowed = {*ORDER[: layer + 1], *(["conf"] if name in MAIN_PROGRAMS else [])}
            wrong += [
                f"{name} imports {each}"
                for each in imports_of(path)
                if each in ORDER and each not in allowed
            ]
    assert not wrong


def test_the_check_sees_imports():
    assert {"trials", "agents", "conf"} <= set(imports_of(ROOT / "agents" / "train.py"))


def test_training_imports_torch_numpy_and_hydra_alone():
    code = f"import sys, agents.train; print(*(m for m in {HEAVY.split()} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
