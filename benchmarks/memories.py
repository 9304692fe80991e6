"""Speed of every memory, to act and to learn, beside the GRU.

    rl2 bench memories
    rl2 bench memories memories=[gru,lru] device=cuda

To act is `step` for all environments; to learn is `unroll` over a rollout, forward and backward.
Trials begin at any step and are about as long as the rollout. Memories have their default sizes, by
which their weights are within 10 % of the GRU's on 192 inputs (those of `agent=rl2`); `none` has
none. Rounds are interleaved; rates are environments times steps a second, medians. The last line is
one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench memories")

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import torch

from rl2_mazes.agents.memory.base import Memory
from rl2_mazes.agents.memory.mean import MeanSettings
from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import interleave, say, seconds_of
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.validation import count

FEATURES = 192
ROLLOUTS = [(32, 250), (32, 500), (8, 1000)]  # environments, steps
ACTING_STEPS = 25
OWN_SIZES = {"mean": MeanSettings(hidden_size=640)}  # whose default is for another network


@dataclass
class MemoriesConfig:
    """Keys of `rl2 bench memories`.

    Attributes:
        device: auto (CUDA if available), cpu, cuda, cuda:1 ...
        memories: Names of memories besides the GRU; none for all.
        rounds: Rounds that count.
        cpu_time: Count this process's CPU seconds, for a machine that others use as well; only
            with one thread.
    """

    device: str = "auto"
    memories: list[str] = field(default_factory=list)
    rounds: int = count(5)
    cpu_time: bool = False


def build(kind: str, device: torch.device) -> Memory:
    """The memory of that name, at the benchmark's size."""
    torch.manual_seed(0)
    settings = OWN_SIZES.get(kind) or MEMORIES.get(kind)()
    return settings.build(FEATURES).to(device)


def work(
    memory: Memory, num_envs: int, num_steps: int, device: torch.device
) -> tuple[Callable[[], None], Callable[[], None]]:
    """To act for `ACTING_STEPS` steps, and to learn from a rollout."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(num_steps, num_envs, FEATURES, generator=rng).to(device).requires_grad_()
    is_first = (torch.rand(num_steps, num_envs, generator=rng) < 1 / num_steps).to(device)
    start = torch.zeros(num_envs, memory.carry_size, device=device)

    @torch.no_grad()
    def act() -> None:
        carry = start
        for t in range(ACTING_STEPS):
            _, carry = memory.step(x[t], is_first[t], carry)

    def learn() -> None:
        memory.unroll(x, is_first, start).sum().backward()

    return act, learn


def cpu_seconds_of(run: Callable[[], None]) -> float:
    """CPU seconds that this process takes."""
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    config = arguments.read(MemoriesConfig)
    device = resolve_device(config.device)
    configure_device(device)
    kinds = ["gru", *(kind for kind in config.memories or MEMORIES if kind != "gru")]
    memories = {kind: build(kind, device) for kind in kinds}
    found = {
        kind: {
            "weights": sum(weight.numel() for weight in memory.parameters()),
            "carry": memory.carry_size,
            "act": {},
            "learn": {},
        }
        for kind, memory in memories.items()
    }
    clock = cpu_seconds_of if config.cpu_time else partial(seconds_of, device=device)
    for num_envs, num_steps in ROLLOUTS:
        size = f"{num_envs} x {num_steps}"
        say(f"measuring {size}")
        jobs = {}
        for kind, memory in memories.items():
            act, learn = work(memory, num_envs, num_steps, device)
            jobs[kind, "act"], jobs[kind, "learn"] = partial(clock, act), partial(clock, learn)
        names = {f"{kind} {what}": job for (kind, what), job in jobs.items()}
        medians = interleave(names, config.rounds, warm_up=1)
        for kind, what in jobs:
            steps = ACTING_STEPS if what == "act" else num_steps
            found[kind][what][size] = round(num_envs * steps / medians[f"{kind} {what}"])

    sizes = [f"{num_envs} x {num_steps}" for num_envs, num_steps in ROLLOUTS]
    print(f"{'memory':12} {'weights':>8} {'carry':>6}", *(f"{s:>22}" for s in sizes))
    print(f"{'':28}", *(f"{'act':>8} {'learn':>8} {'/gru':>4}" for _ in sizes))
    for kind, row in found.items():
        rates = [(row["act"][s], row["learn"][s], found["gru"]["learn"][s]) for s in sizes]
        columns = [f"{act:8} {learn:8} {learn / gru:4.1f}" for act, learn, gru in rates]
        print(f"{kind:12} {row['weights']:8} {row['carry']:6}", *columns)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    print(json.dumps({"device": name, "threads": torch.get_num_threads(), "memories": found}))
