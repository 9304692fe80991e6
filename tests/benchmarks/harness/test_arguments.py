"""Command-line arguments of benchmarks."""

import sys
from dataclasses import dataclass, field

import pytest

from rl2_mazes.benchmarks import planning
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.core import programs
from rl2_mazes.core.errors import UserError


@dataclass
class Config:
    """Keys of a benchmark.

    Attributes:
        steps: Steps to take.
        names: Names to use.
    """

    steps: int = 400
    names: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.steps < 1:
            raise UserError(f"steps is {self.steps}; it must be at least 1")


def test_values_are_read_and_others_keep_their_defaults():
    assert arguments.parse(Config, ["names=[demo,walk]"]) == Config(names=["demo", "walk"])
    assert arguments.parse(Config, ["steps=2_000"]) == Config(steps=2000)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("step=1", "there is no key step; did you mean steps?"),
        ("size=1", "there is no key size; the keys are steps, names"),
        ("steps=many", "steps is many; it must be a whole number"),
        ("steps=0", "steps is 0; it must be at least 1"),
        ("--steps", "--steps is no setting; settings are given as key=value"),
    ],
)
def test_mistakes_end_in_one_line(given, message, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmark", given])
    with pytest.raises(SystemExit) as stopped:
        arguments.read(Config)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error


def test_help_is_the_docstrings(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmark", "--help"])
    with pytest.raises(SystemExit) as stopped:
        arguments.read(Config)
    assert not stopped.value.code
    out = capsys.readouterr().out
    assert out.startswith("Command-line arguments of benchmarks.\n")
    assert "  steps  Steps to take. [400]\n" in out


def test_ctrl_c_ends_a_benchmark_without_a_traceback(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(programs, "configure", lambda: None)
    monkeypatch.setattr(planning, "main", interrupted)
    monkeypatch.setattr(sys, "argv", [])
    with pytest.raises(SystemExit) as ended:
        programs.run_benchmark(["planning"])
    assert ended.value.code == 130
