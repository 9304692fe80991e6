"""How fast is the recurrence, forwards and backwards, beside torch's own GRU?

    python -m benchmarks.gru

Both run over the same rollouts, whose trials end anywhere: ours as `agents.memory.gru` does,
torch's (cuDNN's on CUDA) over the trials packed side by side, as it wants them. By turns, medians
of several rounds. The last line printed is one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench gru")

import argparse
import json
import statistics
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

from rl2_mazes.agents.memory.gru import TrialGRU
from rl2_mazes.agents.memory.packing import pack_trials
from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.benchmarks.trainings import seconds_of

TIME, FEATURES, TRIAL = 256, 192, 110  # steps of a rollout, inputs, steps of a trial on average
SIZES = {
    "cpu": [(128, 8), (128, 32)],
    "cuda": [(h, b) for h in (128, 256) for b in (64, 256, 1024)],
}
ROUNDS = 7


def contenders(hidden: int, batch: int, device: torch.device) -> dict[str, Callable[[], None]]:
    """A forward and a backward pass of each, over the same rollout."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(TIME, batch, FEATURES, generator=rng).to(device).requires_grad_()
    first = (torch.rand(TIME, batch, generator=rng) < 1 / TRIAL).to(device)
    carry = torch.randn(batch, hidden, generator=rng).to(device)
    ours = TrialGRU(FEATURES, hidden).to(device)
    theirs = nn.GRU(FEATURES, hidden).to(device)

    def run_ours() -> None:
        ours(x, first, carry).sum().backward()

    def run_theirs() -> None:
        packing = pack_trials(first)
        before = carry[packing.copy] * ~first[packing.begin, packing.copy][:, None]
        packed = PackedSequence(packing.pack(x), torch.tensor(packing.sizes))
        packing.unpack(theirs(packed, before[None])[0].data, TIME).sum().backward()

    return {"ours": run_ours, "torch": run_theirs}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="The recurrence beside torch's own GRU.")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ...")
    device = resolve_device(parser.parse_args().device)
    configure_device(device)
    ratios = {}
    for hidden, batch in SIZES[device.type]:
        work = contenders(hidden, batch, device)
        times: dict[str, list[float]] = {who: [] for who in work}
        for _ in range(1 + ROUNDS):
            for who, run in work.items():
                times[who].append(seconds_of(run, device))
        ours, theirs = (1000 * statistics.median(times[who][1:]) for who in work)
        ratios[f"{hidden} units, {batch} copies"] = round(theirs / ours, 2)
        print(f"{hidden} units, {batch} copies: ours {ours:.2f} ms, torch's {theirs:.2f} ms")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    print(json.dumps({"device": name, "torch_over_ours": ratios}))
