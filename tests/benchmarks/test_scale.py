"""Cases of growth: each is a training that rl2-train accepts, and one is measured."""

import pytest
import torch

from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.training.checks import check
from rl2_mazes.benchmarks.harness.trainings import settings_of
from rl2_mazes.benchmarks.scale import Case, ScaleConfig, cases_of, run

CPU = torch.device("cpu")
CASES = cases_of(ScaleConfig())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.what}-{case.value}")
def test_cases_pass_the_checks_of_rl2_train(case):
    settings = settings_of("demo", CPU, *case.changes)
    num_envs, num_steps = check(settings, World(size=case.processes))
    assert num_envs * case.processes == settings.num_envs
    assert num_steps >= settings.suite.rules.horizon
    network = settings.agent.build(settings.suite.spaces)
    assert network.encoder.num_features > 0


def test_everything_is_varied():
    assert len(CASES) == len({(case.what, case.value) for case in CASES}) == 12


@pytest.mark.slow
def test_two_processes_are_measured():
    case = Case("processes", 2, ("num_envs=8", "num_steps=50", "learner.epochs=1"), 2)
    found = run(case, rounds=1)
    assert found["steps_per_s"] > 0
    assert found["peak_mib"] > 100
