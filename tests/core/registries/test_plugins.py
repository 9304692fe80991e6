"""Entries from outside the project: who may name them, and what is refused in one line."""

import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint

import pytest

from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.metrics import METRICS
from rl2_mazes.core.registries import plugins
from rl2_mazes.core.registries.groups import (
    AGENTS,
    LEARNERS,
    MEMORIES,
    SUITE_MEMBERS,
    SUITES,
)
from rl2_mazes.core.suite import Suite
from rl2_mazes.eval.controls.wrappers import CONTROLS
from rl2_mazes.mazes.generators import GENERATORS
from rl2_mazes.mazes.generators.prim import prim

MODULE = """
from dataclasses import dataclass
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.core.metrics import METRICS
from rl2_mazes.core.registries.groups import AGENTS
from rl2_mazes.mazes.generators import GENERATORS

@GENERATORS.register("rows")
def rows(size, rng): ...

def columns(size, rng): ...

def one(rooms): ...

@METRICS.metric("speed", "speed", unit="steps")
def speed(episode, rng): ...

@AGENTS.register("small")
@dataclass
class Small(RL2Settings):
    kind = "small"

@dataclass
class Wrong:
    size: int

@dataclass
class Built:
    kind: str = "built"
    def build(self, spaces): ...

@dataclass
class Kindless:
    size: int = 3
    def build(self, spaces): ...
"""


@pytest.fixture
def module(outside):
    (outside / "mine.py").write_text(MODULE)
    return outside


@pytest.fixture
def declared(monkeypatch):
    """Declares entry points, as installed packages do."""

    def declare(*values):
        found = [EntryPoint(f"plug_{value}", value, plugins.GROUP) for value in values]
        monkeypatch.setattr(plugins, "entry_points", lambda group: found)
        plugins._loaded.clear()

    return declare


def error_of(call, *arguments):
    with pytest.raises(UserError) as raised:
        call(*arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_an_entry_point_registers_its_module(module, declared, monkeypatch):
    monkeypatch.syspath_prepend(module)
    declared("mine")
    assert "rows" in GENERATORS
    assert GENERATORS.plugins() == ["rows"]
    assert GENERATORS.get("mine:rows") is GENERATORS.get("rows")
    assert METRICS.get("mine:speed").title == "speed"
    assert list(METRICS)[-1] == "speed"
    error = error_of(GENERATORS.get, "mine:columns")  # registered by nobody, named by nobody
    assert "install its package mine, or add plugins=[mine:columns] if you trust" in error


def test_nothing_is_imported_that_the_user_did_not_name(module):
    (module / "mine.py").write_text("raise SystemExit('imported')")
    for registry in (GENERATORS, AGENTS, LEARNERS, SUITES, METRICS, CONTROLS):
        assert "is not registered by any plug-in" in error_of(registry.get, "mine:rows")
    assert "mine" not in sys.modules


def test_what_the_user_names_is_found(module):
    plugins.name(["mine:columns"])
    columns = GENERATORS.get("mine:columns")
    assert columns is GENERATORS.get("mine:columns")
    assert columns.__name__ == "columns"
    assert GENERATORS.name_of(columns) == "mine:columns"
    assert GENERATORS.name_of(prim) == "prim"


def test_a_module_that_the_user_names_registers_its_entries(module):
    assert "speed" not in METRICS
    plugins.name(["mine"])
    assert "speed" in METRICS
    assert AGENTS.name_of(AGENTS.get("small")) == "mine:Small"


@pytest.mark.parametrize(
    ("registry", "name", "problem"),
    [
        (GENERATORS, "Small", "it is not a function"),
        (GENERATORS, "one", "it takes (rooms); it is called as (rooms, rng)"),
        (AGENTS, "rows", "it is not a dataclass of settings with a method build"),
        (AGENTS, "Wrong", "its field size has no default"),
        (LEARNERS, "AGENTS", "it is not a dataclass of settings with a method build"),
        (AGENTS, "Built", "its kind is 'built'; it must be 'mine:Built'"),
        (AGENTS, "Kindless", "it has no kind"),
        (MEMORIES, "Kindless", "it has no kind"),
        (
            LEARNERS,
            "Kindless",
            "its method build takes (self, spaces); it is called as (self, agent, seed)",
        ),
        (SUITES, "Built", "it has no build_halves"),
        (METRICS, "rows", "it is registered by @METRICS.metric(...)"),
        (CONTROLS, "Small", "it has no method initial_carry"),
    ],
)
def test_an_entry_of_another_form(module, registry, name, problem):
    plugins.name([f"mine:{name}"])
    error = error_of(registry.get, f"mine:{name}")
    assert f" cannot be the {registry.kind} 'mine:{name}': " in error
    assert error.endswith(problem)


def test_an_import_that_raises_names_the_plug_in(outside, declared, monkeypatch):
    broken = outside / "broken.py"
    broken.write_text("raise RuntimeError('no weights')\n")
    monkeypatch.syspath_prepend(outside)
    declared("broken")
    for _ in range(2):  # again, rather than without it
        error = error_of(GENERATORS.all)
        assert error.startswith("plug-in plug_broken of an unknown package: broken: importing")
        assert f"raises RuntimeError: no weights ({broken}, line 1); mend it, or pip un" in error


def test_a_plug_in_cannot_take_the_name_of_another(module):
    (module / "mine.py").write_text(MODULE.replace('"rows"', '"prim"'))
    plugins.name(["mine"])
    error = error_of(GENERATORS.all)
    assert "mine: mine:rows registers the generator 'prim', which " in error
    assert "rl2_mazes.mazes.generators.prim:prim is already; give it another name" in error


def test_a_suite_is_asked_for_every_member_of_the_protocol():
    members = {*Suite.__annotations__, *(each for each in vars(Suite) if each[0] != "_")}
    assert {*SUITE_MEMBERS, "build"} == members


def test_the_plug_in_is_to_blame_whichever_is_first():
    registry = type(GENERATORS)("generator")

    def mine(): ...

    registry.add("prim", mine)
    assert f"{mine.__module__}:" in error_of(registry.add, "prim", prim).partition("registers")[0]


@pytest.mark.usefixtures("own_registries")
@pytest.mark.parametrize(
    "name", ["a/b", "", "null", "NULL", "true", "1", "1e3", "mine@_here_", "é", "_self_", "a b", 3]
)
def test_a_name_that_the_command_line_cannot_choose(name):
    @dataclass
    class Mine(RL2Settings):
        kind: str = name

    error = error_of(AGENTS.add, name, Mine)
    assert f":{Mine.__qualname__} cannot be the agent {name!r}: its name must begin with a" in error


@pytest.mark.usefixtures("own_registries")
@pytest.mark.parametrize("name", ["mine", "Mine_2", "a-b", "a.b", "x:y", "nullable"])
def test_a_name_that_it_can_choose(name):
    @dataclass
    class Mine(RL2Settings):
        kind: str = name

    AGENTS.add(name, Mine)
    assert AGENTS.get(name) is Mine
