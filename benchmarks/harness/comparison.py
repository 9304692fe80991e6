"""Training throughput on the demo beside sb3-contrib's RecurrentPPO, interleaved in one process."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import torch

from rl2_mazes.benchmarks.harness.timing import interleave, say, seconds_of
from rl2_mazes.benchmarks.harness.trainings import settings_of, training
from rl2_mazes.core.imports.extras import missing_extra
from rl2_mazes.core.trial import Trial

ROUNDS = 3


def beside_recurrent_ppo(device: torch.device, threads: int) -> dict[str, float | None]:
    """Agent steps per second of our training and of RecurrentPPO with separate and shared LSTMs.

    All use the demo's settings for a CPU, on CUDA too.

    Returns:
        Rates of "ours", "recurrent_ppo" and "recurrent_ppo_shared"; None without sb3-contrib.
    """
    peers = {"recurrent_ppo": False, "recurrent_ppo_shared": True}
    try:
        from rl2_mazes.benchmarks.harness import recurrent_ppo
    except ImportError as error:
        say(f"no RecurrentPPO: it needs {missing_extra(error) or error}")
        return dict.fromkeys(("ours", *peers))
    torch.set_num_threads(threads)
    settings = settings_of("demo", device)
    settings.num_envs = settings_of("demo", torch.device("cpu")).num_envs
    with ExitStack() as stack:
        ours = stack.enter_context(training(settings, device))
        steps = settings.num_envs * ours.num_steps
        iterations: dict[str, Callable[[], object]] = {"ours": ours.iterate}
        for who, shared in peers.items():
            trial = stack.enter_context(training(settings, device)).trial
            assert isinstance(trial, Trial)
            model = recurrent_ppo.build(
                trial, ours.num_steps, settings.agent, settings.learner, device, shared
            )
            iterations[who] = partial(model.learn, steps, reset_num_timesteps=False)

        def rate(who: str) -> float:
            measured = steps / seconds_of(iterations[who], device)
            say(f"{who} {measured:,.0f} steps/s")
            return measured

        contenders = {who: partial(rate, who) for who in iterations}
        return dict(interleave(contenders, ROUNDS, warm_up=1))
