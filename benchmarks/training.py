"""Throughput of training from end to end, and the time of each phase.

    rl2 bench training
    rl2 bench training recipes=[demo] num_envs=[] threads=1

Measures ten trainings, with the settings that rl2-train would use: the demo with a new and with a
trained agent (whose rollouts hold more distinct frames, see `agents.networks.frame_cache`), walking
with the default PPO by the paper's network and without labels by ours, the first rows of the tables
of bandits and of MDPs, and 50 arms x 500 pulls and MDPs of 50 episodes, by exchangeable agents and
by plain ones. For each: agent steps per second, seconds of an iteration by phase, peak memory of
the process, and on a CPU the share of distinct frames in a rollout. Then measures

- the demo for several numbers of environments,
- the demo beside sb3-contrib's RecurrentPPO on the same trials, batch and width, interleaved in one
  process (pip install -e '.[bench]'; null without it),
- floating-point operations per second of an update, as a share of a large matrix product's on the
  same device and threads.

Rates are medians over iterations, after a warm-up. On CUDA each training has more environments. The
last line is one JSON object.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench training")

import json
import os
import resource
import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import torch

from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.comparison import beside_recurrent_ppo
from rl2_mazes.benchmarks.harness.operations import operations_per_step, product_rate
from rl2_mazes.benchmarks.harness.timing import now, say, seconds_of
from rl2_mazes.benchmarks.harness.trainings import RECIPES, checked, settings_of, training
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.process import begin_worker
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.validation import count

ITERATIONS = dict.fromkeys(RECIPES, 2) | {"demo": 5, "demo_trained": 5, "bandit": 5}
LONG = "bandit_long", "mdp_long"  # beside the plain agent of the same row
NUM_ENVS = {"cpu": [8, 128, 256], "cuda": [32, 256, 1024, 16384]}


@dataclass
class TrainingBenchConfig:
    """Keys of `rl2 bench training`.

    Attributes:
        recipes: Trainings to measure, names in `benchmarks.harness.trainings.RECIPES`.
        num_envs: Further numbers of environments for the demo; some by default.
        peers: Compare the demo with RecurrentPPO.
        device: auto (CUDA if available), cpu, cuda, cuda:1 ...
        threads: Threads of torch; all cores by default.
    """

    recipes: list[str] = field(default_factory=lambda: list(RECIPES))
    num_envs: list[int] | None = count(None)  # noqa: RUF009
    peers: bool = True
    device: str = "auto"
    threads: int | None = count(None)

    def __post_init__(self):
        if unknown := [name for name in self.recipes if name not in RECIPES]:
            raise UserError(f"recipes names {unknown[0]}; it must name some of {list(RECIPES)}")


def phases(of: Trainer, device: torch.device) -> dict[str, float]:
    """Seconds of one iteration by phase; "other" is the rollout's bookkeeping.

    On CUDA, environment and agent share a captured step and are one phase.
    """
    if device.type == "cuda":
        start = now(device)
        metrics = of.iterate()
        total = now(device) - start
        collect, learn = metrics["collect_seconds"], metrics["learn_seconds"]
        return {"collect": collect, "learn": learn, "other": total - collect - learn}
    spent: dict[str, float] = {}

    def timed(phase: str, call: Callable) -> Callable:
        def run(*args: Any) -> Any:
            start = now(device)
            result = call(*args)
            spent[phase] = spent.get(phase, 0.0) + now(device) - start
            return result

        return run

    methods = {"environment": (of.trial, "step"), "act": (of.agent, "act")}
    methods["learn"] = (of.learner, "update")
    for phase, (owner, name) in methods.items():
        setattr(owner, name, timed(phase, getattr(owner, name)))
    total = seconds_of(of.iterate, device)
    for owner, name in methods.values():
        delattr(owner, name)
    return spent | {"other": total - sum(spent.values())}


def measure(name: str, device: torch.device, threads: int, *changes: str) -> dict[str, Any]:
    """Steps per second, phases and memory of one training; for a process of its own."""
    torch.set_num_threads(threads)
    settings = settings_of(name, device, *changes)
    with training(settings, device) as of:
        first = seconds_of(of.iterate, device)
        num_steps = of.steps
        if device.type == "cuda":
            of.iterate()  # captures the step's CUDA graph
        iterations = 1 if changes else ITERATIONS[name]
        times = [seconds_of(of.iterate, device) for _ in range(iterations)]
        figures = {
            "steps_per_s": round(num_steps / statistics.median(times)),
            "num_envs": settings.num_envs,
            "steps_per_iteration": num_steps,
            "first_iteration_s": round(first, 2),
            "seconds": {k: round(s, 3) for k, s in phases(of, device).items()},
        }
        # On Linux in KiB.
        figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if device.type == "cuda":
            figures["peak_device_mib"] = torch.cuda.max_memory_allocated(device) >> 20
        if of.agent.spaces.image_shape and device.type == "cpu":
            figures["distinct_frames"] = round(share_of_distinct_frames(of), 3)
    return figures


def share_of_distinct_frames(of: Trainer) -> float:
    """Share of distinct frames in the next rollout."""
    assert isinstance(of.trial, Trial)
    assert of.timestep is not None, "call after an iteration"
    rollout, *_ = collect(of.agent, of.trial, of.carry, of.timestep, of.num_steps, of.rng)
    return len(rollout.frame_id.unique()) / rollout.frame_id.numel()


def alone(work: Callable, *args: Any) -> Any:
    """Run in a new process, whose peak memory is then the work's own."""
    say(f"{work.__name__} {' '.join(map(str, args))}")
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=begin_worker) as pool:
        return pool.submit(work, *args).result()


def main() -> None:
    """Measure and print."""
    settings = arguments.read(TrainingBenchConfig)
    device, threads = resolve_device(settings.device), settings.threads or torch.get_num_threads()
    configure_device(device)
    torch.set_num_threads(threads)
    given = NUM_ENVS[device.type] if settings.num_envs is None else settings.num_envs
    for num_envs in given:  # an error now, before minutes of measuring
        checked(settings_of("demo", device, f"num_envs={num_envs}"), device)
    load = os.getloadavg()[0]
    say(f"{device}, {threads} threads; other processes use {load:.1f} cores")

    runs = {}
    for name in settings.recipes:
        runs[name] = alone(measure, name, device, threads)
        report(name, runs[name])
    sizes = {}
    for num_envs in given:
        run = alone(measure, "demo", device, threads, f"num_envs={num_envs}")
        sizes[str(num_envs)] = run
        report(f"demo x {num_envs}", run)
    figures: dict[str, Any] = {
        **{f"{name}_steps_per_s": run["steps_per_s"] for name, run in runs.items()},
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": threads,
        "load": round(load, 1),
        **(compare_with_peers(device, threads) if settings.peers else {}),
        **compare_with_product(runs, device),
        **compare_with_rl2(runs),
        "runs": runs,
        "demo_by_num_envs": sizes,
    }
    print(json.dumps(figures))


def compare_with_peers(device: torch.device, threads: int) -> dict[str, float | None]:
    """Our steps per second on the demo over RecurrentPPO's, and RecurrentPPO's own."""
    rates = alone(beside_recurrent_ppo, device, threads)
    ours = rates.pop("ours")
    ratios = {f"vs_{who}": rate and round(ours / rate, 2) for who, rate in rates.items()}
    print(f"the demo, over RecurrentPPO: {ratios}")
    peer = rates["recurrent_ppo"]
    return {**ratios, "recurrent_ppo_steps_per_s": peer and round(peer)}


def compare_with_product(runs: dict[str, dict], device: torch.device) -> dict[str, float]:
    """Operations per second of updates, as shares of a matrix product's."""
    product = product_rate(device)
    figures: dict[str, float] = {"matmul_gflop_per_s": round(product / 1e9)}
    for name in [name for name in ("demo", "walk") if name in runs]:
        per_step, run = operations_per_step(name, device), runs[name]
        rate = per_step * run["steps_per_iteration"] / run["seconds"]["learn"]
        figures[f"{name}_matmul_share"] = round(rate / product, 3)
        print(
            f"{name:10} {per_step / 1e6:.1f} MFLOP per step in an update, "
            f"{rate / 1e9:,.0f} GFLOP/s: {rate / product:.0%} of the "
            f"{product / 1e9:,.0f} of a matrix product"
        )
    return figures


def compare_with_rl2(runs: dict[str, dict]) -> dict[str, float]:
    """Steps per second of exchangeable agents over those of plain agents on the same row."""
    figures = {}
    for name in LONG:
        if {name, f"{name}_rl2"} <= runs.keys():
            plain = runs[f"{name}_rl2"]["steps_per_s"]
            figures[f"{name}_vs_rl2"] = round(runs[name]["steps_per_s"] / plain, 2)
            print(f"{name:10} {figures[f'{name}_vs_rl2']} x the plain agent's steps/s")
    return figures


def report(name: str, run: dict[str, Any]) -> None:
    """Print a line of a training's figures."""
    spent = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in run["seconds"].items())
    memory = run.get("peak_device_mib", run["peak_mib"])
    rate = f"{run['steps_per_s']:,} steps/s"
    frames = (
        f"; {run['distinct_frames']:.0%} of frames distinct" if "distinct_frames" in run else ""
    )
    print(f"{name:18} {rate:>17}; seconds per iteration: {spent}; {memory} MiB{frames}", flush=True)
