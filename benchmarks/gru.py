"""Speed of the recurrence, forward and backward, beside torch's own GRU.

    rl2 bench gru
    rl2 bench gru device=cuda

Both run over the same rollouts, whose trials end at any step: ours as `agents.memory.gru` does,
torch's (cuDNN's on CUDA) over packed trials, the layout that it asks for. Rounds are interleaved;
figures are medians. The last line is one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench gru")

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rl2_mazes.agents.memory.gru import GRUMemory
from rl2_mazes.agents.memory.layers.packing import pack_trials
from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import interleave, seconds_of

TIME, FEATURES, TRIAL = 256, 192, 110  # steps of a rollout, inputs, mean steps of a trial
SIZES = {  # hidden units, environments
    "cpu": [(128, 8), (128, 32)],
    "cuda": [(h, b) for h in (128, 256) for b in (64, 256, 1024)],
}
ROUNDS = 7


@dataclass
class GRUConfig:
    """Keys of `rl2 bench gru`.

    Attributes:
        device: auto (CUDA if available), cpu, cuda, cuda:1 ...
    """

    device: str = "auto"


def contenders(hidden: int, num_envs: int, device: torch.device) -> dict[str, Callable[[], None]]:
    """A forward and a backward pass of each GRU over the same rollout."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(TIME, num_envs, FEATURES, generator=rng).to(device).requires_grad_()
    first = (torch.rand(TIME, num_envs, generator=rng) < 1 / TRIAL).to(device)
    carry = torch.randn(num_envs, hidden, generator=rng).to(device)
    ours = GRUMemory(FEATURES, hidden).to(device)
    theirs = nn.GRU(FEATURES, hidden).to(device)

    def run_ours() -> None:
        ours.unroll(x, first, carry).sum().backward()

    def run_theirs() -> None:
        packing = pack_trials(first)
        before = carry[packing.env] * ~first[packing.begin, packing.env][:, None]
        packed = PackedSequence(packing.pack(x), torch.tensor(packing.sizes))
        packing.unpack(theirs(packed, before[None])[0].data, TIME).sum().backward()

    return {"ours": run_ours, "torch": run_theirs}


def main() -> None:
    """Measure and print."""
    device = resolve_device(arguments.read(GRUConfig).device)
    configure_device(device)
    ratios = {}
    for hidden, num_envs in SIZES[device.type]:
        passes = contenders(hidden, num_envs, device)
        seconds = {who: partial(seconds_of, run, device) for who, run in passes.items()}
        medians = interleave(seconds, ROUNDS, warm_up=1)
        ours, theirs = 1000 * medians["ours"], 1000 * medians["torch"]
        size = f"{hidden} units, {num_envs} envs"
        ratios[size] = round(theirs / ours, 2)
        print(f"{size}: ours {ours:.2f} ms, torch's {theirs:.2f} ms")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    print(json.dumps({"device": name, "torch_over_ours": ratios}))
