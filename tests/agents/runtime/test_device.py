"""Devices by name: pure resolution, and the settings of the process."""

import pytest
import torch

from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.agents.runtime.distributed import World


@pytest.fixture
def two_gpus(monkeypatch):
    """A machine with two GPUs; gives the devices that were made the current one."""
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
    """Torch makes no device the current one whose index is left open."""
    device = resolve_device(name)
    assert device == torch.device("cuda", index)
    assert two_gpus == [], "resolving touches no GPU"
    configure_device(device)
    assert two_gpus == [device]


def test_each_process_takes_a_gpu_of_its_own(two_gpus):
    assert resolve_device("auto", World(rank=3, size=4, local_rank=1)).index == 1
    assert two_gpus == []


def test_global_precision_is_a_gpus_alone(two_gpus):
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    configure_device(resolve_device("cpu"))
    assert (torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark) == before
    configure_device(resolve_device("cuda"))
    assert torch.get_float32_matmul_precision() == "high"
    assert torch.backends.cudnn.benchmark


@pytest.mark.parametrize("name", ["mps", "gpu", "cuda:x", ""])
def test_devices_that_are_none(name):
    with pytest.raises(ValueError, match=f"device is {name}; it must be auto, cpu, cuda or cuda:N"):
        resolve_device(name)


def test_a_gpu_that_is_not_there(two_gpus):
    with pytest.raises(ValueError, match="device is cuda:2, but torch finds 2 CUDA devices"):
        resolve_device("cuda:2")
