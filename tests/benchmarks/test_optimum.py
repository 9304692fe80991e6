import json
import math

import pytest
import torch

from rl2_mazes.benchmarks import optimum
from rl2_mazes.core.errors import UserError
from rl2_mazes.mdps.suite import MDPSuite


def test_the_mean_and_its_error_are_those_of_the_tasks():
    suite = MDPSuite(3, 2, 4, 1, 0.0, 1.0)
    found = optimum.measure(suite, 1500, seed=2)  # a batch and a half
    rng = torch.Generator().manual_seed(2 * optimum.seeding.TABLES)
    values = torch.cat([suite.ceiling(suite.sample(rng, n)) for n in (1000, 500)])
    assert found["mean"] == pytest.approx(values.mean().item(), abs=1e-5)
    assert found["se"] == pytest.approx(values.std().item() / math.sqrt(1500), abs=1e-5)
    assert (found["num_tasks"], found["seed"]) == (1500, 2)


def test_a_run_keeps_the_other_sizes(tmp_path, monkeypatch):
    file = tmp_path / "optimum.json"
    monkeypatch.setattr(optimum, "FILE", file)
    for size in ("s2_a2_t2", "s3_a2_t2"):
        config = optimum.OptimumConfig(sizes=[size], num_tasks=20)
        monkeypatch.setattr(optimum.arguments, "read", lambda _, config=config: config)
        optimum.main()
    content = json.loads(file.read_text())
    assert list(content) == ["s2_a2_t2", "s3_a2_t2"]
    assert content["s2_a2_t2"]["num_tasks"] == 20


def test_a_size_that_is_none_is_named():
    with pytest.raises(UserError, match="names no MDPs"):
        optimum.OptimumConfig(sizes=["small"])
