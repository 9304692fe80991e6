"""Which device a training takes."""

import pytest
import torch

from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.train import pick_device


@pytest.fixture
def two_gpus(monkeypatch):
    """As on a machine with two; which one was made the current one is returned."""
    chosen = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    precision = torch.get_float32_matmul_precision()
    yield chosen
    torch.set_float32_matmul_precision(precision)


@pytest.mark.parametrize(("name", "index"), [("auto", 0), ("cuda", 0), ("cuda:1", 1)])
def test_a_gpu_is_chosen_by_its_index(name, index, two_gpus):
    """Torch takes no device for the current one whose index is left open."""
    assert pick_device(name) == torch.device("cuda", index)
    assert two_gpus == [torch.device("cuda", index)]


def test_each_process_takes_a_gpu_of_its_own(two_gpus):
    assert pick_device("auto", World(rank=3, size=4, local_rank=1)).index == 1
    assert two_gpus == [torch.device("cuda", 1)]


@pytest.mark.parametrize("name", ["mps", "gpu", "cuda:x", ""])
def test_devices_that_are_none(name):
    with pytest.raises(ValueError, match=f"device is {name}; it must be auto, cpu, cuda or cuda:N"):
        pick_device(name)


def test_a_gpu_that_is_not_there(two_gpus):
    with pytest.raises(ValueError, match="device is cuda:2, but torch finds 2 CUDA devices"):
        pick_device("cuda:2")
