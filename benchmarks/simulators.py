"""How fast is the twin, beside the pool of engines?

Both play the same mazes with random actions, walking, in trials of two episodes as training does:
physics, rewards, resets, new mazes and the 40x30 picture are all in. They take turns within one
run, so that the machine's moods hit both alike. Then the twin alone: with more and more copies, by
resolution, by the size of the mazes. What it writes is set against a plain copy of memory.

    python -m benchmarks.simulators

Where there is a CUDA device the twin is measured on it as well. The last line printed is one JSON
object; figures are agent steps a second, medians over rounds: twin_cpu, pool, ratio, memcpy_share
(bytes of observations written a second, of what a memory copy writes).
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench simulators")

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable

import torch

from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import BatchedEnv
from rl2_mazes.mazes.doom.pool import DoomPool
from rl2_mazes.mazes.rules import ACTION_NAMES, MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinEnv, TwinSettings

ROUNDS = 5
ENGINES = 8
TWIN_COPIES = {"cpu": 1024, "cuda": 16384}
COPIES = (64, 256, 1024, 4096, 16384)
RESOLUTIONS = ((30, 40), (64, 64), (120, 160))
ROOMS = (3, 5, 9, 15)
COPY_BYTES = 1 << 28

Runner = Callable[[float], float]  # runs for about that many seconds, returns steps a second


def runner(env: BatchedEnv, mazes: MazeSet) -> Runner:
    """Runs trials of two episodes with random actions."""
    trial = Trial(env, mazes, episodes_per_trial=2)
    trial.reset(seed=0)
    rng = torch.Generator(device=env.device).manual_seed(0)

    def step() -> None:
        shape = (env.num_envs,)
        trial.step(torch.randint(len(ACTION_NAMES), shape, generator=rng, device=env.device))

    def run(seconds: float) -> float:
        steps, start, now = 0, _now(env.device), 0.0
        while now - start < seconds:
            for _ in range(5):
                step()
            steps += 5
            now = _now(env.device)
        return steps * env.num_envs / (now - start)

    run(0.5)  # warm up
    return run


def in_turns(runners: dict[str, Runner], seconds: float) -> dict[str, float]:
    """Median over rounds of what each runner reaches; every round runs all of them."""
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(ROUNDS):
        for name, run in runners.items():
            rates[name].append(run(seconds))
    return {name: statistics.median(values) for name, values in rates.items()}


def copy_rate(device: torch.device) -> float:
    """Bytes a second that a plain copy of memory writes, on all cores."""
    source = torch.ones(COPY_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    rates = []
    for _ in range(ROUNDS + 1):
        start = _now(device)
        target.copy_(source)
        rates.append(COPY_BYTES / (_now(device) - start))
    return statistics.median(rates[1:])


def twin_rate(
    device: str, seconds: float, copies: int | None = None, rooms: int = 3, size=(30, 40)
) -> float:
    """Steps a second of the twin alone."""
    mazes = MazeSet.draw(MazeTasks(rooms=rooms, num_mazes=200))
    rules = MazeRules(obs_height=size[0], obs_width=size[1])
    env = TwinEnv(mazes, rules, copies or TWIN_COPIES[device], TwinSettings(device=device))
    return in_turns({"twin": runner(env, mazes)}, seconds / ROUNDS)["twin"]


def measure(device: str, seconds: float) -> dict[str, dict[str, int]]:
    """How the twin's rate depends on copies, resolution and size of the mazes."""
    growth = {
        "copies": {str(n): twin_rate(device, seconds, copies=n) for n in COPIES},
        "resolution": {f"{w}x{h}": twin_rate(device, seconds, size=(h, w)) for h, w in RESOLUTIONS},
        "rooms": {f"{n}x{n}": twin_rate(device, seconds, rooms=n) for n in ROOMS},
    }
    for name, rates in growth.items():
        for what, rate in rates.items():
            print(f"twin on {device}, {name} {what:8} {rate:12,.0f} steps/s")
    return {name: {k: round(rate) for k, rate in rates.items()} for name, rates in growth.items()}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Throughput of the twin beside the engine pool.")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure and round")
    seconds = parser.parse_args().seconds
    mazes = MazeSet.draw(MazeTasks(rooms=3, num_mazes=1000))
    rules = MazeRules(movement="walk", horizon=250)
    frame_bytes = rules.obs_height * rules.obs_width * 3
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]

    with DoomPool(mazes, rules, ENGINES) as pool:
        runners = {"pool": runner(pool, mazes)}
        for device in devices:
            twin = TwinEnv(mazes, rules, TWIN_COPIES[device], TwinSettings(device=device))
            runners[f"twin_{device}"] = runner(twin, mazes)
        rates = in_turns(runners, seconds)
    for name, rate in rates.items():
        print(f"{name:10} {rate:12,.0f} steps/s")

    figures: dict = {name: round(rate) for name, rate in rates.items()}
    figures["ratio"] = round(rates["twin_cpu"] / rates["pool"], 2)
    for device in devices:
        copied = copy_rate(torch.device(device))
        share = rates[f"twin_{device}"] * frame_bytes / copied
        print(f"a memory copy on {device} writes {copied / 1e9:.1f} GB/s")
        figures["memcpy_share" if device == "cpu" else f"memcpy_share_{device}"] = round(share, 4)
        figures[f"growth_{device}"] = measure(device, seconds)
    figures |= {"cores": len(os.sched_getaffinity(0)), "machine": platform.machine()}
    print(json.dumps(figures))


def _now(device: torch.device) -> float:
    """The time, once the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
