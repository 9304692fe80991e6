"""Throughput of the twin beside the pool of Doom engines.

    rl2 bench simulators
    rl2 bench simulators seconds=0.5

Both run the same mazes with random actions, walking, in trials of two episodes as in training:
physics, rewards, resets, new mazes and the 40x30 observation are all included. Rounds are
interleaved. Then measures the twin alone, by number of environments, by resolution and by size of
the mazes, and compares the bytes of its observations with a plain memory copy. With a CUDA device,
measures the twin there too.

The last line is one JSON object; rates are agent steps per second, medians over rounds:

    pool, twin_cpu, twin_cuda    rates
    ratio                        twin_cpu / pool
    memcpy_share                 bytes of observations per second / those of a memory copy
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench simulators")

import json
import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import interleave, now, seconds_of
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import BatchedEnv
from rl2_mazes.core.validation import positive
from rl2_mazes.mazes.doom.pool import DoomPool
from rl2_mazes.mazes.rules import ACTION_NAMES, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinEnv, TwinSettings

ROUNDS = 5
ENGINES = 8
TWIN_ENVS = {"cpu": 1024, "cuda": 16384}
NUM_ENVS = (64, 256, 1024, 4096, 16384)
RESOLUTIONS = ((30, 40), (64, 64), (120, 160))
ROOMS = (3, 5, 9, 15)
COPY_BYTES = 1 << 28

Runner = Callable[[float], float]  # runs for about that many seconds, returns steps per second


@dataclass
class SimulatorsConfig:
    """Keys of `rl2 bench simulators`.

    Attributes:
        seconds: Seconds per round of the comparison, and per figure of the twin alone.
    """

    seconds: float = positive(2.0)


def runner(env: BatchedEnv, mazes: MazeSet) -> Runner:
    """Runner of trials of two episodes with random actions, warmed up."""
    trial = Trial(env, mazes, episodes_per_trial=2)
    trial.reset(seed=0)
    rng = torch.Generator(device=env.device).manual_seed(0)

    def step() -> None:
        shape = (env.num_envs,)
        trial.step(torch.randint(len(ACTION_NAMES), shape, generator=rng, device=env.device))

    def run(seconds: float) -> float:
        steps, start, end = 0, now(env.device), 0.0
        while end - start < seconds:
            for _ in range(5):
                step()
            steps += 5
            end = now(env.device)
        return steps * env.num_envs / (end - start)

    run(0.5)  # warm up
    return run


def rates_of(runners: dict[str, Runner], seconds: float) -> dict[str, float]:
    """Steps per second of each runner, median over interleaved rounds."""
    return interleave({name: partial(run, seconds) for name, run in runners.items()}, ROUNDS)


def copy_rate(device: torch.device) -> float:
    """Bytes per second that a plain memory copy writes, on all cores."""
    source = torch.ones(COPY_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    seconds = [seconds_of(lambda: target.copy_(source), device) for _ in range(1 + ROUNDS)]
    return COPY_BYTES / statistics.median(seconds[1:])


def twin_rate(
    device: str, seconds: float, num_envs: int | None = None, rooms: int = 3, size=(30, 40)
) -> float:
    """Steps per second of the twin alone; size is the height and width of observations."""
    mazes = MazeSet.draw(MazeTasks(rooms=rooms, num_mazes=200))
    rules = MazeRules(obs_height=size[0], obs_width=size[1])
    env = TwinEnv(mazes, rules, num_envs or TWIN_ENVS[device], TwinSettings(device=device))
    return rates_of({"twin": runner(env, mazes)}, seconds / ROUNDS)["twin"]


def measure(device: str, seconds: float) -> dict[str, dict[str, int]]:
    """Print and return rates of the twin by number of environments, resolution and rooms."""
    by_axis = {
        "num_envs": {str(n): twin_rate(device, seconds, num_envs=n) for n in NUM_ENVS},
        "resolution": {f"{w}x{h}": twin_rate(device, seconds, size=(h, w)) for h, w in RESOLUTIONS},
        "rooms": {f"{n}x{n}": twin_rate(device, seconds, rooms=n) for n in ROOMS},
    }
    for name, rates in by_axis.items():
        for value, rate in rates.items():
            print(f"twin on {device}, {name} {value:8} {rate:12,.0f} steps/s")
    return {name: {k: round(rate) for k, rate in rates.items()} for name, rates in by_axis.items()}


def main() -> None:
    """Measure and print."""
    seconds = arguments.read(SimulatorsConfig).seconds
    mazes = MazeSet.draw(MazeTasks(rooms=3, num_mazes=1000))
    rules = MazeRules(movement="walk", horizon=250)
    frame_bytes = rules.obs_height * rules.obs_width * 3
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]

    with DoomPool(mazes, rules, ENGINES) as pool:
        runners = {"pool": runner(pool, mazes)}
        for device in devices:
            twin = TwinEnv(mazes, rules, TWIN_ENVS[device], TwinSettings(device=device))
            runners[f"twin_{device}"] = runner(twin, mazes)
        rates = rates_of(runners, seconds)
    for name, rate in rates.items():
        print(f"{name:10} {rate:12,.0f} steps/s")

    figures: dict = {name: round(rate) for name, rate in rates.items()}
    figures["ratio"] = round(rates["twin_cpu"] / rates["pool"], 2)
    for device in devices:
        copied = copy_rate(torch.device(device))
        share = rates[f"twin_{device}"] * frame_bytes / copied
        print(f"a memory copy on {device} writes {copied / 1e9:.1f} GB/s")
        figures["memcpy_share" if device == "cpu" else f"memcpy_share_{device}"] = round(share, 4)
        figures[f"sizes_{device}"] = measure(device, seconds)
    figures |= {"cores": len(os.sched_getaffinity(0)), "machine": platform.machine()}
    print(json.dumps(figures))
