"""Running the conditions of the battery."""

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from ...core.progress import progress_bar
from ...core.registries.groups import ENGINES
from ...core.trial import Trial
from ...mazes.planning.shortest_paths import shortest_lengths
from ...mazes.tasks import MazeSet
from ..metrics.summary import summary
from ..trials.runner import TrialLog, evaluate
from .conditions import Condition
from .wrappers import MemoryReset

NUM_ENVS = {"twin": 128, "ViZDoom": 32}  # most environments at a time by default


def run_all(
    chosen: Sequence[Condition],
    agent: Any,
    engine: Any,
    num_trials: int,
    seed: int,
    num_envs: int = 0,
) -> tuple[dict[str, TrialLog], list[dict[str, Any]]]:
    """Run one condition after the other under one progress bar.

    Args:
        chosen: Conditions to run.
        agent: The trained agent.
        engine: Settings of the simulator of all conditions but `elsewhere`.
        num_trials: Trials per condition.
        seed: Seed of actions.
        num_envs: Most environments at a time; 0 means `NUM_ENVS`.

    Returns:
        The logs by name of the condition, and a dictionary per condition: its description and its
        figures.
    """
    logs, results = {}, {}
    with progress_bar(total=len(chosen) * num_trials, unit="trial") as bar:
        # The other simulator first: if it cannot start, the error comes at once.
        for condition in sorted(chosen, key=lambda each: not each.elsewhere):
            bar.set_description(condition.name)
            where = other_engine(engine) if condition.elsewhere else engine
            log, figures = run_condition(
                condition, agent, where, num_trials, seed, num_envs, bar.update
            )
            bar.total -= num_trials - figures["trials"]
            logs[condition.name], results[condition.name] = log, figures
    return logs, [results[each.name] for each in chosen]


def run_condition(
    condition: Condition,
    agent: Any,
    engine: Any,
    num_trials: int,
    seed: int,
    num_envs: int = 0,
    progress: bool | Callable[[int], object] = False,
) -> tuple[TrialLog, dict[str, Any]]:
    """Run the trials of a condition and compute its figures; for arguments, see `run_all`."""
    rules, episodes = condition.rules, condition.episodes
    mazes = condition.mazes()
    wanted, num_trials = num_trials, min(num_trials, len(mazes))
    env = engine.start(mazes, rules, min(num_envs or NUM_ENVS[engine.title], num_trials))
    with closing(env):
        tasks = torch.arange(num_trials, device=env.device)
        trial = Trial(env, mazes, episodes, tasks=tasks)
        actor = condition.agent(agent.to(env.device), trial)
        log = evaluate(actor, trial, num_trials, seed, progress)
        reset = (
            evaluate(MemoryReset(actor), trial, num_trials, seed)
            if condition.episodes_differ
            else None
        )
    shortest = _shortest_lengths(mazes, rules.movement, episodes)
    meaning = condition.meaning
    if num_trials < wanted:
        meaning += f"; {num_trials} trials, since the split has no more such mazes"
    figures = {
        "condition": condition.name,
        "group": condition.group,
        "meaning": meaning,
        "engine": engine.title,
        "horizon": rules.horizon,
        "episodes": episodes,
        **summary(log, shortest, list(mazes), rules, reset=reset),
    }
    return log, figures


def other_engine(engine: Any) -> Any:
    """Default settings of the simulator that `engine` is not."""
    return next(make() for make in ENGINES.all().values() if not isinstance(engine, make))


@lru_cache(maxsize=1)  # most conditions share their mazes
def _shortest_lengths(mazes: MazeSet, movement: str, episodes: int) -> np.ndarray:
    return shortest_lengths(mazes.mazes, movement, episodes)
