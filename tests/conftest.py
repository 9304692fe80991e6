"""Every tensor function that states shapes has them checked in tests."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("fuzz", deadline=None, max_examples=2000)  # make fuzz
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
torch.set_num_threads(1)  # tests run side by side

if find_spec("triton"):
    if not torch.cuda.is_available():
        os.environ["TRITON_INTERPRET"] = "1"
    for kernels in (
        "rl2_mazes.agents.memory.kernels.gru_triton",
        "rl2_mazes.mazes.twin.gpu.kernel",
    ):
        import_module(kernels)  # before the checks, which would wrap what Triton compiles

ROOT = Path(__file__).parents[1]
FOLDERS = ("core", "agents", "mazes", "eval", "bandits", "mdps")


def modules_with_shapes():
    """Modules that state shapes. Checks in all others take seconds to import and slow each call."""
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        if "shapes import" in path.read_text(encoding="utf-8"):
            yield ".".join(("rl2_mazes", *path.relative_to(ROOT).with_suffix("").parts))


install_import_hook(list(modules_with_shapes()), "beartype.beartype")


def pytest_collection_modifyitems(items):
    """Deal modules with slow tests to the beginning of each process's share of the tests.

    A share is a run of consecutive tests; those that a process has not begun may be taken over by
    another. So the last minute is left to short tests, and slow modules keep their fixtures.
    """
    shares = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if shares == 1:
        return
    files = list(dict.fromkeys(item.path for item in items if item.get_closest_marker("slow")))
    dealt = {path: index % shares for index, path in enumerate(files)}
    short = [item for item in items if item.path not in dealt]
    order = []
    for share in range(shares):
        order += [item for item in items if dealt.get(item.path) == share]
        room = (share + 1) * len(items) // shares - len(order)
        order += short[: max(room, 0)]
        del short[: max(room, 0)]
    items[:] = order + short


@pytest.fixture(scope="session", autouse=True)
def kernels_are_compiled_once(tmp_path_factory):
    """With several test processes, each kernel is compiled by one of them."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    from support.session.numba_cache import compile_once

    with pytest.MonkeyPatch.context() as monkeypatch:
        compile_once(tmp_path_factory.getbasetemp().parent, monkeypatch)
        yield


@pytest.fixture(scope="session", autouse=True)
def configurations_are_composed_once():
    """A composition takes 0.2 s, and hundreds of tests call a program."""
    from support.session.hydra_mode import compose_once

    with pytest.MonkeyPatch.context() as monkeypatch:
        compose_once(monkeypatch)
        yield


@pytest.fixture(autouse=True)
def named_plugins_are_forgotten():
    """The variable that names them outlives a program's run, also that of a module's fixture."""
    yield
    os.environ.pop("RL2_MAZES_PLUGINS", None)


@pytest.fixture
def corner():
    """East along three cells, then two to the north; starts in the west, target in the north."""
    from rl2_mazes.mazes.maze import Maze, Pose  # after the hook

    walls = np.ones((5, 5), dtype=bool)
    walls[3, 1:4] = walls[2, 3] = walls[1, 3] = False
    return Maze(walls, (Pose(3, 1),), ((1, 3),), texture_set=1)


@pytest.fixture
def outside(tmp_path, monkeypatch, own_registries):
    """An empty current folder; modules imported from it, and plug-ins named, are forgotten."""
    from rl2_mazes.core.registries import plugins

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    monkeypatch.setattr(plugins, "_loaded", set(plugins._loaded))
    monkeypatch.setenv(plugins.VARIABLE, "")
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def own_registries():
    """Entries that a page or an example registers are taken out again, its modules forgotten."""
    import rl2_mazes.agents.train
    import rl2_mazes.bandits.algorithms
    import rl2_mazes.eval.battery
    import rl2_mazes.mazes.generators
    import rl2_mazes.mdps.algorithms  # noqa: F401  all registries
    from rl2_mazes.core.registries.registry import Registry

    found = [
        value
        for name, module in list(sys.modules.items())
        if name.startswith("rl2_mazes")
        for value in vars(module).values()
        if isinstance(value, Registry)
    ]
    before = [(registry, dict(registry.all())) for registry in found]
    modules = set(sys.modules)
    yield
    for registry, entries in before:
        registry._entries.clear()
        registry._entries.update(entries)
    for name in set(sys.modules) - modules:
        if name.startswith("rl2_mazes") and sys.modules[name].__spec__ is None:  # made by a test
            del sys.modules[name]
