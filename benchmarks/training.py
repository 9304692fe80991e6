"""How fast is training, from end to end, and where does the time go?

    python -m benchmarks.training

Five trainings, as rl2-train would run them: the demo, at its beginning and with an agent that has
learnt it (which comes back to fewer frames, see `agents.networks.frame_cache`); the paper's network on walk
mazes with the default PPO; and the first rows of the bandits' and the MDPs' tables. Of each: agent
steps a second, the seconds of an iteration by phase, the most memory its process held, and on a CPU
the share of frames that are new in their rollout. Then the demo with more and more copies; the demo
beside sb3-contrib's RecurrentPPO on the same trials, batch and width, by turns within one process
(pip install -e '.[bench]'; without it, null); and the floating-point operations of an update a
second, set against a large matrix product's on the same device and threads.

The last line printed is one JSON object. Rates are medians over iterations, after one to warm up.
On CUDA each training has more copies, since a GPU has more to give.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench training")

import argparse
import json
import os
import resource
import statistics
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import torch

from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.agents.runtime.device import configure_device, resolve_device
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.benchmarks.interleaved import beside_recurrent_ppo
from rl2_mazes.benchmarks.operations import operations_a_step, product_rate
from rl2_mazes.benchmarks.trainings import RECIPES, now, say, seconds_of, settings_of, training
from rl2_mazes.core.trial import Trial

ITERATIONS = {"demo": 5, "demo_learnt": 5, "walk": 2, "bandit": 5, "mdp": 2}
GROWTH = {"cpu": (8, 128, 256), "cuda": (32, 256, 1024, 16384)}


def phases(of: Trainer, device: torch.device) -> dict[str, float]:
    """Seconds of one iteration by phase; what is left is the rollout's bookkeeping.

    On CUDA environment and agent act in one replayed step, and are one phase.
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

    places = {"environment": (of.trial, "step"), "act": (of.agent, "act")}
    places["learn"] = (of.learner, "update")
    for phase, (owner, name) in places.items():
        setattr(owner, name, timed(phase, getattr(owner, name)))
    total = seconds_of(of.iterate, device)
    for owner, name in places.values():
        delattr(owner, name)
    return spent | {"other": total - sum(spent.values())}


def measure(name: str, device: torch.device, threads: int, *changes: str) -> dict[str, Any]:
    """One training: steps a second, phases, memory. Runs in a process of its own."""
    torch.set_num_threads(threads)
    settings = settings_of(name, device, *changes)
    with training(settings, device) as of:
        first = seconds_of(of.iterate, device)
        num_steps = of.steps
        if device.type == "cuda":
            of.iterate()  # which records the step that later ones replay
        iterations = 1 if changes else ITERATIONS[name]
        times = [seconds_of(of.iterate, device) for _ in range(iterations)]
        figures = {
            "steps_per_s": round(num_steps / statistics.median(times)),
            "num_envs": settings.num_envs,
            "steps_an_iteration": num_steps,
            "first_iteration_s": round(first, 2),
            "seconds": {k: round(s, 3) for k, s in phases(of, device).items()},
        }
        # On Linux in KiB.
        figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        if device.type == "cuda":
            figures["peak_device_mib"] = torch.cuda.max_memory_allocated(device) >> 20
        if of.agent.spaces.image_shape and device.type == "cpu":
            figures["new_frames"] = round(share_of_new_frames(of), 3)
    return figures


def share_of_new_frames(of: Trainer) -> float:
    """Of the frames of the next rollout, those that no copy had seen in it."""
    assert isinstance(of.trial, Trial)
    assert of.timestep is not None, "to be called after an iteration"
    rollout, *_ = collect(of.agent, of.trial, of.carry, of.timestep, of.num_steps, of.rng)
    return len(rollout.image_number.unique()) / rollout.image_number.numel()


def alone(work: Callable, *args: Any) -> Any:
    """Runs in a fresh process, whose peak of memory is then the work's own."""
    say(f"{work.__name__} {' '.join(map(str, args))}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Throughput of training from end to end.")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 ...")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    device, threads = resolve_device(arguments.device), arguments.threads
    configure_device(device)
    torch.set_num_threads(threads)
    load = os.getloadavg()[0]
    say(f"{device}, {threads} threads; others keep {load:.1f} cores busy")

    runs = {}
    for name in RECIPES:
        runs[name] = alone(measure, name, device, threads)
        _report(name, runs[name])
    growth = {}
    for copies in GROWTH[device.type]:
        run = growth[str(copies)] = alone(measure, "demo", device, threads, f"num_envs={copies}")
        _report(f"demo x {copies}", run)
    beside = alone(beside_recurrent_ppo, device, threads)
    ours = beside.pop("ours")
    ratios = {who: rate and round(ours / rate, 2) for who, rate in beside.items()}
    print(f"the demo, in steps of RecurrentPPO: {ratios}")

    product = product_rate(device)
    shares = {}
    for name in ("demo", "walk"):
        per_step, run = operations_a_step(name, device), runs[name]
        rate = per_step * run["steps_an_iteration"] / run["seconds"]["learn"]
        shares[name] = round(rate / product, 3)
        print(
            f"{name:10} {per_step / 1e6:.1f} MFLOP a step in an update, {rate / 1e9:,.0f} GFLOP/s: "
            f"{shares[name]:.0%} of the {product / 1e9:,.0f} of a product of matrices"
        )
    figures = {f"{name}_steps_per_s": run["steps_per_s"] for name, run in runs.items()}
    figures |= {
        "vs_recurrent_ppo": ratios["recurrent_ppo"],
        "vs_recurrent_ppo_shared": ratios["recurrent_ppo_shared"],
        "matmul_share": shares["walk"],
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": threads,
        "load": round(load, 1),
        "demo_matmul_share": shares["demo"],
        "matmul_gflop_per_s": round(product / 1e9),
        "recurrent_ppo_steps_per_s": beside["recurrent_ppo"] and round(beside["recurrent_ppo"]),
        "runs": runs,
        "growth": growth,
    }
    print(json.dumps(figures))


def _report(name: str, run: dict[str, Any]) -> None:
    spent = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in run["seconds"].items())
    memory = run.get("peak_device_mib", run["peak_mib"])
    rate = f"{run['steps_per_s']:,} steps/s"
    frames = f"; {run['new_frames']:.0%} of frames new" if "new_frames" in run else ""
    print(f"{name:12} {rate:>17}; seconds an iteration: {spent}; {memory} MiB{frames}", flush=True)
