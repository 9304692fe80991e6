"""Main program: trains an RL² agent on a suite.

    rl2-train experiment=demo
    rl2-train suite=mazes/walk_small seed=1 total_steps=20_000_000
    rl2-train --multirun experiment=demo seed=0,1,2

The same command again goes on where the newest checkpoint stands. Ctrl-C saves one and ends.
"""

import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from agents.checkpoint import AgentCard, restore_newest, save
from agents.learner import Learner
from agents.learners import make_learner
from agents.progress import Progress
from agents.rl2 import RL2Agent
from agents.rollout import collect, to_device
from agents.runs import RunFolder
from agents.statistics import EpisodeStatistics
from conf import cli
from conf.build import build_env
from conf.schema import TrainConfig
from trials.trial import Trial

TASK_SEED = 1 << 32  # apart from the agent's, so that tasks and actions are drawn independently


def main() -> None:
    """Entry point of `rl2-train`."""
    cli.run("train", run)


def run(config: DictConfig) -> None:
    """One training, from configuration to last checkpoint."""
    with cli.usage_errors():
        in_sweep = HydraConfig.get().mode == RunMode.MULTIRUN
        folder = Path(HydraConfig.get().runtime.output_dir if in_sweep else config.run_dir)
        settings: TrainConfig = OmegaConf.to_object(config)  # type: ignore[assignment]
        _check(settings)
        device = pick_device(settings.device)
        plain = OmegaConf.to_container(config, resolve=True)
        opened = RunFolder(folder, plain)  # type: ignore[arg-type]
    with opened as run_folder, StopSignal() as stop:
        with cli.usage_errors():
            env, sampler = build_env(
                settings.suite, settings.engine, settings.num_envs, device, settings.seed
            )
        try:
            trial = Trial(env, sampler, settings.suite.episodes_per_trial)
            train(settings, run_folder, trial, device, stop)
        finally:
            env.close()
    if stop.requested:
        raise KeyboardInterrupt


def train(
    settings: TrainConfig,
    folder: RunFolder,
    trial: Trial,
    device: torch.device,
    stop: "StopSignal",
) -> RL2Agent:
    """Alternates rollouts and updates until `total_steps`, from the newest checkpoint on."""
    torch.manual_seed(settings.seed)
    with cli.usage_errors():
        agent = RL2Agent(trial.env.spaces, settings.agent).to(device)
        learner = make_learner(agent, settings.learner, settings.seed)
        rng = torch.Generator(device).manual_seed(settings.seed)
        steps, seconds = _restore(folder, agent, learner, rng)
        folder.open_logs(steps, settings.tensorboard)
    stats = EpisodeStatistics(settings.num_envs, trial.episodes_per_trial, device)
    # A simulator's state is not in the checkpoint: a resumed run begins with new trials.
    timestep = to_device(trial.reset(settings.seed + steps + TASK_SEED), device)
    carry = agent.initial_carry(settings.num_envs)

    began = saved = time.monotonic()
    with Progress(settings.total_steps, steps, folder.path) as progress:
        over = steps >= settings.total_steps
        while not over:
            learner.progress = steps / settings.total_steps
            started = time.monotonic()
            rollout, carry, timestep = collect(
                agent, trial, carry, timestep, settings.num_steps, rng
            )
            collected = time.monotonic()
            metrics = stats.update(rollout) | learner.update(rollout)
            now = time.monotonic()
            steps += settings.num_envs * settings.num_steps
            metrics["collect_seconds"] = collected - started
            metrics["learn_seconds"] = now - collected
            metrics["steps_per_s"] = rollout.reward.numel() / (now - started)
            folder.log(steps, metrics)
            progress.update(steps, metrics)

            over = steps >= settings.total_steps or stop.requested
            if over or now - saved >= settings.checkpoint_seconds:
                card = AgentCard(
                    suite=asdict(settings.suite),
                    agent=asdict(settings.agent),
                    spaces=asdict(agent.spaces),
                    steps=steps,
                    seconds=seconds + now - began,
                )
                state = {
                    "learner": learner.state_dict(),
                    "rng": rng.get_state(),
                    "device": device.type,
                }
                with cli.usage_errors():
                    save(folder.checkpoints, agent, card, state)
                saved = now
    return agent


def _check(settings: TrainConfig) -> None:
    parts = settings.learner.num_minibatches
    if settings.num_envs < 1 or settings.num_envs % parts:
        raise ValueError(
            f"num_envs is {settings.num_envs}; it must be a multiple of "
            f"learner.num_minibatches, {parts}"
        )
    for key in ("num_steps", "total_steps"):
        if getattr(settings, key) < 1:
            raise ValueError(f"{key} is {getattr(settings, key)}; it must be at least 1")


def _restore(
    folder: RunFolder, agent: RL2Agent, learner: Learner, rng: torch.Generator
) -> tuple[int, float]:
    """Puts the newest checkpoint in place; returns the steps and seconds behind it."""
    restored = restore_newest(folder.checkpoints, agent)
    if restored is None:
        return 0, 0.0
    card, training = restored
    learner.load_state_dict(training["learner"])
    if training["device"] == rng.device.type:
        rng.set_state(training["rng"])
    else:  # a generator's state means nothing to another device
        rng.manual_seed(rng.initial_seed() + card.steps)
    print(f"going on from {card.steps:,} steps in {folder.path}", file=sys.stderr)
    return card.steps, card.seconds


def pick_device(name: str) -> torch.device:
    """The device that a configuration's `device` names; `auto` is CUDA where there is any."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device is {name}; it must be auto, cpu, cuda or cuda:N") from error
    found = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= found:
        raise ValueError(
            f"device is {name}, but torch finds {found} CUDA devices; use device=cpu or auto"
        )
    return device


class StopSignal:
    """Ctrl-C and SIGTERM ask for an end after the current iteration; a second one ends at once."""

    def __init__(self):
        self.requested = False
        self._before = {}

    def _handle(self, number, _frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        print(
            "\nstopping after this iteration, with a checkpoint; once more to stop at once",
            file=sys.stderr,
        )

    def __enter__(self) -> "StopSignal":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    main()
