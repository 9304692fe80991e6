"""Provenance of a training: code, hardware and torch version, a line per start in origins.jsonl.

A run that was stopped and resumed has a line for each part, with the steps at which it began.
"""

import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import torch

from .files import write_text
from .schema import parse, read_json_lines

ROOT = Path(__file__).parents[2]
FILE = "origins.jsonl"


def origin(device: torch.device) -> dict[str, Any]:
    """Commit, hardware and torch's version."""
    return {"commit": commit(), "hardware": hardware(device), "torch": torch.__version__}


def add_origin(
    run: Path, steps: int, num_processes: int, device: torch.device, precision: str
) -> None:
    """Add this start to a run's origins, instead of those that ended without a checkpoint."""
    line = {"steps": steps, "processes": num_processes, "device": device.type}
    line |= {"precision": precision}
    line |= origin(device)
    before = [each for each in read_origins(run) if not _steps(each) >= steps]
    write_text(run / FILE, "".join(json.dumps(each) + "\n" for each in (*before, line)))


def read_origins(run: Path) -> list[dict[str, Any]]:
    """Starts of a run, oldest first; none if they were not recorded."""
    file = run / FILE
    lines = read_json_lines(file) if file.is_file() else []
    for number, line in enumerate(lines, 1):
        where = f"{file}, line {number}"
        parse(dict[str, str | int | None], line, where)
        for key in ("commit", "hardware"):
            parse(str | None, line.get(key), f"{where}: {key}")
    return lines


def _steps(line: dict[str, Any]) -> int:
    """Steps at which a start began; -1 if it does not say, so that it counts as the oldest."""
    return steps if isinstance(steps := line.get("steps"), int) else -1


def commit() -> str | None:
    """Commit of the checkout, with a + if tracked files differ from it; None without git."""
    try:
        # An installed package may lie below the checkout of another project.
        if not (ROOT / ".git").exists():
            return None
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + "+" * bool(_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None


def hardware(device: torch.device) -> str:
    """Name of the GPU, or of the processor with the number of cores this process may use."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = "CPU"
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
                break
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
