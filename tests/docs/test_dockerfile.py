"""The Dockerfile, without docker: what it installs, who runs it, and what it runs."""

import json
import re
import shutil
import subprocess

import pytest
from support.pages import ROOT

from rl2_mazes.core.programs import PROGRAMS

FILE = ROOT / "Dockerfile"


def instructions():
    """Instruction and argument of each, with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", FILE.read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_it_installs_the_pinned_versions_and_runs_the_demo_as_a_user():
    found = instructions()
    names = [name for name, _ in found]
    assert set(names) <= {"FROM", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "CMD"}
    known = dict(found)
    image, _, tag = known["FROM"].partition(":")
    assert (image, tag) == ("python", "3.11-slim")
    (source, target) = known["COPY"].split()
    assert (source, target) == (".", "/source")
    assert "--constraint /source/constraints.txt" in known["RUN"]
    assert (ROOT / "constraints.txt").is_file()
    assert '"/source[gym]"' in known["RUN"]
    assert "useradd --create-home rl2" in known["RUN"]
    assert known["USER"] == "rl2"
    assert names.index("USER") > names.index("RUN"), "what it runs later is not root's"
    assert json.loads(known["ENTRYPOINT"]) == ["rl2"]
    assert json.loads(known["CMD"]) == ["demo", "open=false"]
    assert "demo" in PROGRAMS


def test_what_the_build_needs_is_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "runs"} <= set(ignored)
    for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "conf", "agents"):
        assert (ROOT / name).exists()
        assert name not in ignored


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="needs hadolint")
def test_hadolint_finds_nothing():
    done = subprocess.run(["hadolint", str(FILE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
