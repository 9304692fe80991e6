"""Measure how easily the code base can be read: layout, docstrings, vocabulary and size.

    python -m benchmarks.house              # the first 20 offenders of each kind
    python -m benchmarks.house list=true    # all of them

Run from the checkout, on the files that git tracks. Every offender is printed as `path:line`, so
that the output is a work list. The last line is one JSON object:

    arrows          ordered pairs of top-level folders of which one imports from the other
    upward          imports that go up the floors (`FLOORS`)
    most_files      modules in the fullest folder
    longest_file    lines of the longest module
    opening_words   docstrings that open with a question word instead of naming the thing
    old_words       occurrences of words that the glossary replaces (`OLD_WORDS`)
    tree_mb         megabytes of all tracked files
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench house")

import ast
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rl2_mazes.benchmarks.harness import arguments

ROOT = Path(__file__).resolve().parents[1]
# Folders and their subpackages, bottom to top; imports go down. Those directly in agents/ or eval/
# are programs, above the subpackages; modules directly in another folder stand on no floor.
FLOORS = {
    "core": ["random", "imports", "storage", "forms", "registries", "tabular", "cli"],
    "bandits": ["algorithms"],
    "mdps": ["algorithms"],
    "mazes": [
        "generators",
        "dynamics",
        "planning",
        "reckoning",
        "baselines",
        "twin",
        "doom",
        "gym",
    ],
    "agents": ["runtime", "memory", "networks", "zoo", "rollouts", "learners", "training"],
    "eval": [
        *("adapters", "trials", "datasets", "metrics", "controls"),
        *("tabular", "lockstep", "video", "pages", "human", "reports", "probes", "leaderboard"),
    ],
    "benchmarks": ["harness", "faults"],
}
PROGRAMS = {"agents", "eval"}
FIRST = 20  # offenders of each kind, unless all are asked for
QUESTION = re.compile(r"(what|where|how|who|whoever|whom|whose)\b", re.IGNORECASE)
PROSE = {".py", ".md", ".yaml", ".toml", ".html", ".css", ".json", ".txt", ""}
# These name old words in order to replace them.
EXEMPT = {
    *("CHANGELOG.md", "LICENSE", "benchmarks/house.py", "core/renamed.py"),
    *("tests/core/test_renamed.py", "tests/benchmarks/test_house.py"),
}
# Regular expressions, matched without case; beside each, the word to use.
OLD_WORDS = {
    r"\bcopies\b(?! (the|a|an|it|its|what|them|data|files|to|into|from|over)\b)": "environments",
    r"\bcopy\b(?= \d|'s (task|episode|trial|maze|frame|engine))": "environment",
    r"\bforet(e|o)l[ld]\w*": "predict",
    r"\b(un)?told\b": "privileged features, given to the critic",
    r"(?<![-_.\w])ticks?(?![-_.\w(])": "step, time step",
    r"\b(go|goes|going|gone|went|carry|carries) on\b(?! (in|with the (walk|episode)))": "resume",
    r"\b(begin|begins|begun|began|beginning) from\b": "warm start",
    r"\bbegin_from\b": "warm_start",
    r"\bcrews?\b": "worker handle",
    r"\breapers?\b": "cleanup",
    r"\bsight\b(?= \(|\.|`)|\bmazes\.sight\b": "visibility",
    r"\bjoint\b(?= (layer|network|mlp|=|\()|\(|\.)": "fusion MLP",
    r"\bsum_seen\b": "the fusion MLP's name for it",
    r"\brepeats?\b(?= of (frames|images))": "frame cache",
    r"(?<!graph\.)\breplay(s|ed|ing)?\b": "CUDA graph launch; a recorded trial run again",
    r"\b(keep_bias|memory_norm|state_heads|gain_share|pair_slots|kept_bias)\b": "the new key",
    r"\bauxiliary(=|:)|\baux_prediction\b": "aux",
    r"\b(checkpoints?|init_checkpoint)=(?!\()": "agent=",
    r"\bideal (explorer|exploration)": "scripted explorer",
    r"\bhonest(ly)?\b": "held_out",
    r"\bpaper_(network|mazes|agent|learner)\b|(?<!tuning)=paper\b": "duan2016",
    r"(register|build|preset)\([\"']paper": "duan2016",
    r"\b\w+_plain\b(?=[\"'`,\s])": "_without_aux",
    r"\bMaze(Grid)?(Small|Large)\b": "rl2/WalkSmall-v0, rl2/GridSmall-v0",
    r"\b(shortest|quickest|own|longer|second) ways?\b|\bways? (back|home|to the target)\b": "path",
    r"\blost (trials?|episodes?|engines?)\b|\bepisodes? (was|were|is|are) lost\b": "crashed",
    r"\bcredit(s|ed)?\b(?! (flows|assignment))": "training reward, advantage of the optimal policy",
}


@dataclass
class HouseConfig:
    """Keys of `rl2 bench house`.

    Attributes:
        list: Print all offenders, not only the first of each kind.
    """

    list: bool = False


@dataclass(frozen=True)
class Import:
    """An import of one folder's module from another folder, each as its path's parts."""

    at: str
    source: tuple[str, ...]
    target: tuple[str, ...]


def main() -> None:
    """Print the offenders of each kind, then one JSON object."""
    most = None if arguments.read(HouseConfig).list else FIRST
    tracked = tracked_files()
    modules = [path for path in tracked if path.suffix == ".py"]
    package = [path for path in modules if path.parts[0] in FLOORS]
    imports = [each for path in package for each in imports_of(path)]
    up = [f"{each.at} imports {'.'.join(each.target)}" for each in imports if is_upward(each)]
    openings = [found for path in modules for found in question_openings(path)]
    words = [found for path in tracked for found in old_words(path)]
    folders = Counter(str(path.parent) for path in modules).most_common()
    lengths = sorted(((count_lines(path), str(path)) for path in modules), reverse=True)
    show("imports that go up", up, most)
    show("docstrings that open with a question word", openings, most)
    show("words to replace", words, most)
    show("fullest folders", [f"{folder}/: {number} modules" for folder, number in folders[:5]])
    show("longest modules", [f"{path}: {lines} lines" for lines, path in lengths[:5]])
    size = sum((ROOT / path).stat().st_size for path in tracked)
    figures = {
        "arrows": len(arrows(imports)),
        "upward": len(up),
        "most_files": folders[0][1],
        "longest_file": lengths[0][0],
        "opening_words": len(openings),
        "old_words": len(words),
        "tree_mb": round(size / 1e6, 1),
    }
    print(json.dumps(figures))


def tracked_files() -> list[Path]:
    """Paths, relative to the checkout, of the files that git tracks and that are there."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]


def imports_of(path: Path) -> Iterator[Import]:
    """Imports of a module from other top-level folders or subpackages, at any depth of the code."""
    folder = path.parts[:-1]
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = (node.module or "").split(".") if node.module else []
        if node.level:
            module = [*folder[: len(folder) - node.level + 1], *module]
        elif module[0] == "rl2_mazes":
            module = module[1:]
        else:
            continue
        for name in [alias.name for alias in node.names]:
            target = folder_of([*module, name])
            if target and target[0] in FLOORS and target != folder:
                yield Import(f"{path}:{node.lineno}", folder, target)


def folder_of(parts: list[str]) -> tuple[str, ...]:
    """The longest leading run of the parts that is a folder of the checkout."""
    end = next(
        (i for i, _ in enumerate(parts) if not ROOT.joinpath(*parts[: i + 1]).is_dir()), None
    )
    return tuple(parts[:end])


def is_upward(each: Import) -> bool:
    """True if a folder, or a subpackage of a folder, imports from one on a higher floor."""
    (top, *inner), (target, *target_inner) = each.source, each.target
    if top != target:
        return list(FLOORS).index(target) > list(FLOORS).index(top)
    if top not in PROGRAMS and not (inner and target_inner):
        return False
    order = {name: floor for floor, name in enumerate(FLOORS[top])}
    floors = [order[parts[0]] if parts else len(order) for parts in (inner, target_inner)]
    return floors[1] > floors[0]


def arrows(imports: list[Import]) -> set[tuple[str, str]]:
    """Ordered pairs of top-level folders of which the first imports from the second."""
    return {(i.source[0], i.target[0]) for i in imports if i.source[0] != i.target[0]}


def question_openings(path: Path) -> Iterator[str]:
    """Docstrings of a module that open with a question word."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            if QUESTION.match(text):
                yield f"{path}:{getattr(node, 'lineno', 1)} {text.splitlines()[0]}"


def old_words(path: Path) -> Iterator[str]:
    """Words in a text file that the glossary replaces, one a match."""
    if path.suffix not in PROSE or str(path) in EXEMPT:
        return
    text = (ROOT / path).read_text()
    for pattern, new in OLD_WORDS.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line} {match.group()} -> {new}"


def count_lines(path: Path) -> int:
    """Lines of a file."""
    return len((ROOT / path).read_text().splitlines())


def show(title: str, found: list[str], most: int | None = None) -> None:
    """Print the first offenders of a kind."""
    print(f"{title}: {len(found)}")
    for line in found[:most]:
        print(f"  {line}")
    if most is not None and len(found) > most:
        print(f"  ... {len(found) - most} more; list=true prints them")
