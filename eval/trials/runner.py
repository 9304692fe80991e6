"""Runs an agent through trials and keeps what happened.

The trials that count are the first ones *begun*, whichever end first. Stopping at the first ones
*finished* would favour short trials, since every copy that happens on a long one is cut off then
(the authors' evaluation did so).
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils import parametrize

from ...core.trial import Trial, take
from ...core.types import Agent


@dataclass(frozen=True, eq=False)
class TrialLog:
    """N trials of K episodes. A step's entries lie in order of trial, episode and time.

    Attributes:
        length: [N, K] int64, steps; a failed episode has the horizon's.
        success: [N, K] bool, whether the episode reached an end of its own (the target).
        episode_return: [N, K] float32, undiscounted sum of rewards.
        tasks: What trial i ran on, leading axis N; in the maze suite indices into the set.
        actions: [S] uint8, of all S steps; enough to replay any trial.
        poses: [S, 3] float32, where each action was taken, if the environment tells.
    """

    length: np.ndarray
    success: np.ndarray
    episode_return: np.ndarray
    tasks: Any
    actions: np.ndarray
    poses: np.ndarray | None = None

    def steps(self, trial: int, episode: int) -> slice:
        """Where the steps of an episode lie in `actions` and `poses`."""
        at = trial * self.length.shape[1] + episode
        begin = int(self.length.ravel()[:at].sum())
        return slice(begin, begin + int(self.length[trial, episode]))


MOST_LOSSES = 10  # in a row, of one copy; then it is not by chance


class _Step(NamedTuple):
    """What one step of some copies brought; one entry a copy."""

    trial: torch.Tensor
    attempt: torch.Tensor  # how often the copy has been lost so far
    episode: torch.Tensor
    action: torch.Tensor
    reward: torch.Tensor
    success: torch.Tensor
    pose: torch.Tensor | None


@torch.no_grad()
@parametrize.cached()  # weights that others make up are worked out once, and not at each step
def evaluate(
    agent: Agent,
    trial: Trial,
    num_trials: int,
    seed: int,
    progress: bool | Callable[[int], object] = False,
) -> TrialLog:
    """Runs trials 0 .. num_trials - 1, trial i on the i-th of `trial.tasks`.

    A trial whose simulator dies starts over, and only the attempt that came to its end counts.

    Args:
        agent: Who acts.
        trial: Made with `tasks=`, at least as many as trials.
        num_trials: N.
        seed: Of the agent's draws.
        progress: Whether to show a progress bar on stderr; or what to tell of each step how many
            trials it finished.

    Raises:
        ValueError: The trials do not fit.
        OSError: A trial's simulator died each time that it was tried.
    """
    if trial.tasks is None:
        raise ValueError("evaluation needs a Trial with `tasks`, so that each runs once")
    num_tasks = len(trial.tasks if isinstance(trial.tasks, torch.Tensor) else trial.tasks[0])
    if not 1 <= num_trials <= num_tasks:
        raise ValueError(f"num_trials is {num_trials}; it must be from 1 to the {num_tasks} tasks")
    env = trial.env
    rng = torch.Generator(device=env.device).manual_seed(seed)
    carry = agent.initial_carry(env.num_envs)
    timestep = trial.reset(seed)
    attempt = torch.zeros(env.num_envs, dtype=torch.int64, device=env.device)
    losses = torch.zeros_like(attempt)
    steps: list[_Step] = []
    num_finished = 0
    with _progress_bar(num_trials, shown=progress is True) as bar:
        tell = progress if callable(progress) else bar.update if bar is not None else None
        while num_finished < num_trials:
            index = trial.trial_index.clone()  # the trial's own, as are the poses below
            poses = getattr(env, "poses", None)
            poses = None if poses is None else poses.clone()  # the environment's own buffer
            action, carry, _ = agent.act(carry, timestep, rng)
            timestep, outcome = trial.step(action)
            counts = index < num_trials
            steps.append(
                _Step(
                    trial=index[counts],
                    attempt=attempt[counts],
                    episode=outcome.episode[counts],
                    action=action[counts].to(torch.uint8),
                    reward=outcome.reward[counts],
                    success=outcome.success[counts],
                    pose=None if poses is None else poses[counts],
                )
            )
            attempt = attempt + outcome.crashed
            losses = torch.where(outcome.trial_done & ~outcome.crashed, 0, losses + outcome.crashed)
            if (hopeless := counts & (losses >= MOST_LOSSES)).any():
                which = int(index[hopeless][0])
                raise OSError(f"the simulator died {MOST_LOSSES} times in a row in trial {which}")
            finished = int((counts & outcome.trial_done & ~outcome.crashed).sum())
            num_finished += finished
            if tell is not None:
                tell(finished)
    tasks = take(trial.tasks, torch.arange(num_trials, device=env.device))
    return _assemble(steps, tasks, num_trials, trial.episodes_per_trial)


def _assemble(steps: list[_Step], tasks: Any, num_trials: int, episodes: int) -> TrialLog:
    """Sorts the steps of all copies by trial, and drops attempts that were lost."""
    columns = {
        name: torch.cat(column).cpu().numpy()
        for name, column in zip(_Step._fields, zip(*steps, strict=True), strict=True)
        if column[0] is not None
    }
    last = np.zeros(num_trials, dtype=np.int64)
    np.maximum.at(last, columns["trial"], columns["attempt"])
    order = np.argsort(columns["trial"], kind="stable")  # keeps time's order within a trial
    order = order[(columns["attempt"] == last[columns["trial"]])[order]]
    columns = {name: column[order] for name, column in columns.items()}
    cell = columns["trial"] * episodes + columns["episode"]

    def total(of: np.ndarray | None = None) -> np.ndarray:
        sums = np.bincount(cell, weights=of, minlength=num_trials * episodes)
        return sums.reshape(num_trials, episodes)

    return TrialLog(
        length=total().astype(np.int64),
        success=total(columns["success"]) > 0,
        episode_return=total(columns["reward"]).astype(np.float32),
        tasks=tasks,
        actions=columns["action"],
        poses=columns.get("pose"),
    )


def _progress_bar(total: int, shown: bool):
    if not shown:
        return nullcontext()
    from tqdm import tqdm

    return tqdm(total=total, desc="evaluating", unit="trial")
