"""Training the demo by turns with sb3-contrib's RecurrentPPO, within one process."""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import torch

from rl2_mazes.benchmarks.trainings import say, seconds_of, settings_of, training
from rl2_mazes.core.trial import Trial

ROUNDS = 3


def beside_recurrent_ppo(device: torch.device, threads: int) -> dict[str, float | None]:
    """Steps a second on the demo, by turns; on CUDA too with the demo's own copies."""
    peers = {"recurrent_ppo": False, "recurrent_ppo_shared": True}
    try:
        from rl2_mazes.benchmarks import recurrent_ppo
    except ImportError as error:
        say(f"no RecurrentPPO: {error}; pip install -e '.[bench]'")
        return dict.fromkeys(("ours", *peers))
    torch.set_num_threads(threads)
    settings = settings_of("demo", device)
    settings.num_envs = settings_of("demo", torch.device("cpu")).num_envs
    with ExitStack() as stack:
        ours = stack.enter_context(training(settings, device))
        rows = settings.num_envs * ours.num_steps
        work: dict[str, Callable[[], object]] = {"ours": ours.iterate}
        for who, shared in peers.items():
            trial = stack.enter_context(training(settings, device)).trial
            assert isinstance(trial, Trial)
            model = recurrent_ppo.build(
                trial,
                ours.num_steps,
                settings.agent,
                settings.learner,
                device,
                shared,
            )
            work[who] = partial(model.learn, rows, reset_num_timesteps=False)
        rates: dict[str, list[float]] = {who: [] for who in work}
        for turn in range(1 + ROUNDS):
            for who, iterate in work.items():
                rates[who].append(rows / seconds_of(iterate, device))
            say(f"turn {turn}: {', '.join(f'{w} {r[-1]:,.0f} steps/s' for w, r in rates.items())}")
    return {who: statistics.median(values[1:]) for who, values in rates.items()}
