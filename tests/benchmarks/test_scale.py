"""Cases of growth: each is a training that rl2-train accepts, and one is measured."""

import pytest
import torch

from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.training.checks import check
from rl2_mazes.benchmarks.harness.trainings import settings_of
from rl2_mazes.benchmarks.scale import Case, ScaleConfig, cases_of, run
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.validation import check as check_fields

CPU = torch.device("cpu")
CASES = cases_of(ScaleConfig())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.what}-{case.value}")
def test_cases_pass_the_checks_of_rl2_train(case):
    settings = settings_of("demo", CPU, *case.changes)
    agents = 1 if case.together else case.processes
    num_envs, num_steps = check(settings, World(size=case.processes // agents))
    assert num_envs * case.processes == settings.num_envs * agents
    assert num_steps >= settings.suite.rules.horizon
    network = settings.agent.build(settings.suite.spaces)
    assert network.encoder.num_features > 0


def checked_cases(config):
    check_fields(config)
    return cases_of(config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"environments": [0]}, "environments.*at least 1"),
        ({"processes": [3]}, "num_envs is 256; it must be a multiple of"),
        ({"rooms": [1]}, "rooms.*at least 2"),
        ({"resolutions": [200]}, "obs_height is 200"),
        ({"rooms": [1000]}, r"^rooms a side 1000: .* GiB for a rollout, but cpu has"),
        ({key: [] for key in ("environments", "processes", "rooms", "resolutions")}, "are empty"),
    ],
)
def test_bad_values_are_named_before_anything_is_measured(changes, message):
    with pytest.raises(UserError, match=message):
        checked_cases(ScaleConfig(**changes))


def test_separate_trainings_have_their_part_of_the_environments():
    (case,) = (case for case in CASES if not case.together)
    assert (case.processes, case.changes) == (2, ("num_envs=128",))


@pytest.mark.slow
@pytest.mark.parametrize("together", [True, False])
def test_two_processes_are_measured(together):
    changes = "num_envs=8", "num_steps=50", "learner.epochs=1"
    case = Case("processes", 2, changes, 2, together)
    found = run(case, rounds=1)
    assert found["steps_per_s"] > 0
    assert found["peak_mib"] > 100
