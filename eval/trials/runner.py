"""Run an agent through trials and log every step.

The trials that count are the first N *begun*, whichever end first. Stopping at the first N
*finished* would favour short trials, since every environment in a long one would be cut off (the
authors' evaluation did so).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils import parametrize

from ...core.errors import UserError
from ...core.progress import progress_bar
from ...core.random import seeding
from ...core.trial import Trial, take
from ...core.types import Agent, KnownOptimum, TimeStep


@dataclass(frozen=True, eq=False)
class TrialLog:
    """N trials of K episodes with S steps in total, in order of trial, episode and time.

    Attributes:
        length: [N, K] int64, steps; a failed episode has the horizon's.
        success: [N, K] bool, whether the episode reached an end of its own (the target).
        episode_return: [N, K] float32, undiscounted sum of rewards.
        tasks: Task of each trial, leading axis N; in the maze suite indices into the set.
        actions: [S] uint8, int32 if there are more than 256; enough to rerun any trial.
        rewards: [S] float32; None if read from a file, which does not hold them.
        regret: [S] float32, expected reward that each action lost against the optimal one; None if
            the environment does not know the optimum, or if read from a file.
        poses: [S, 3] float32, x and y in map units and angle in degrees where each action was
            taken; None if the environment has no poses.
        restarted: Number of the trials whose simulator crashed, so that they were begun again with
            new actions; 0 if read from a file, which does not hold it.
        watched: [S, ...] each, by name: whatever the `watch` of `evaluate` returned.
    """

    length: np.ndarray
    success: np.ndarray
    episode_return: np.ndarray
    tasks: Any
    actions: np.ndarray
    rewards: np.ndarray | None = None
    regret: np.ndarray | None = None
    poses: np.ndarray | None = None
    restarted: int = 0
    watched: dict[str, np.ndarray] = field(default_factory=dict)

    def steps(self, trial: int, episode: int) -> slice:
        """The slice of `actions` and `poses` that holds an episode."""
        at = trial * self.length.shape[1] + episode
        begin = int(self.length.ravel()[:at].sum())
        return slice(begin, begin + int(self.length[trial, episode]))


Watch = Callable[[TimeStep, Any], dict[str, torch.Tensor]]
MOST_CRASHES = 10  # in a row in one environment; more are not by chance


class _Step(NamedTuple):
    """One step of B environments, those in a trial that counts; each field has leading axis B."""

    trial: torch.Tensor
    attempt: torch.Tensor  # number of crashes of the environment so far
    episode: torch.Tensor
    action: torch.Tensor
    reward: torch.Tensor
    regret: torch.Tensor | None
    success: torch.Tensor
    pose: torch.Tensor | None
    watched: dict[str, torch.Tensor]


@torch.no_grad()
@parametrize.cached()  # parametrized weights are computed once, not at each step
def evaluate(
    agent: Agent,
    trial: Trial,
    num_trials: int,
    seed: int,
    progress: bool | Callable[[int], object] = False,
    watch: Watch | None = None,
) -> TrialLog:
    """Run trials 0 .. num_trials - 1, trial i on the i-th of `trial.tasks`.

    A trial whose simulator crashes starts over; only the attempt that ends counts.

    Args:
        agent: Agent to evaluate.
        trial: Environments under a trial, made with `tasks=`: at least `num_trials` tasks.
        num_trials: N.
        seed: Seed of the agent's draws and of the trial.
        progress: Whether to show a progress bar on stderr; or a function that is called after each
            step with the number of trials that it finished.
        watch: Called at each step with the time step and the agent's carry after its action;
            returns tensors [B, ...] to log. Those that are overwritten later must be cloned.

    Returns:
        The log of the N trials.

    Raises:
        ValueError: `trial` has no tasks, or fewer than `num_trials`.
        UserError: A trial's simulator crashed `MOST_CRASHES` times in a row.
    """
    if trial.tasks is None:
        raise ValueError("evaluation needs a Trial with `tasks`, so that each runs once")
    num_tasks = len(trial.tasks if isinstance(trial.tasks, torch.Tensor) else trial.tasks[0])
    if not 1 <= num_trials <= num_tasks:
        raise UserError(f"num_trials is {num_trials}; it must be from 1 to the {num_tasks} tasks")
    env = trial.env
    rng = torch.Generator(device=env.device).manual_seed(seed + seeding.ACTIONS)
    carry = agent.initial_carry(env.num_envs)
    timestep = trial.reset(seed)
    attempt = torch.zeros(env.num_envs, dtype=torch.int64, device=env.device)
    crashes = torch.zeros_like(attempt)
    steps: list[_Step] = []
    num_finished = 0
    action_type = torch.uint8 if env.spaces.num_actions <= 256 else torch.int32
    shown = {"desc": "evaluating", "unit": "trial", "disable": progress is not True}
    with progress_bar(total=num_trials, **shown) as bar:
        report = progress if callable(progress) else bar.update
        while num_finished < num_trials:
            index = trial.trial_index.clone()  # a buffer that the next step overwrites
            poses = getattr(env, "poses", None)
            poses = None if poses is None else poses.clone()
            action, carry, _ = agent.act(carry, timestep, rng)
            seen = {} if watch is None else watch(timestep, carry)
            regret = env.regret(action) if isinstance(env, KnownOptimum) else None
            timestep, outcome = trial.step(action)
            counts = index < num_trials
            steps.append(
                _Step(
                    trial=index[counts],
                    attempt=attempt[counts],
                    episode=outcome.episode[counts],
                    action=action[counts].to(action_type),
                    reward=outcome.reward[counts],
                    regret=None if regret is None else regret[counts],
                    success=outcome.success[counts],
                    pose=None if poses is None else poses[counts],
                    watched={name: value[counts] for name, value in seen.items()},
                )
            )
            attempt = attempt + outcome.crashed
            ended = outcome.trial_done & ~outcome.crashed
            crashes = torch.where(ended, 0, crashes + outcome.crashed)
            if (hopeless := counts & (crashes >= MOST_CRASHES)).any():
                which = int(index[hopeless][0])
                raise UserError(
                    f"the simulator crashed {MOST_CRASHES} times in a row in trial {which}"
                )
            finished = int((counts & ended).sum())
            num_finished += finished
            report(finished)
    tasks = take(trial.tasks, torch.arange(num_trials, device=env.device))
    return _assemble(steps, tasks, num_trials, trial.episodes_per_trial)


def _assemble(steps: list[_Step], tasks: Any, num_trials: int, episodes: int) -> TrialLog:
    """Sort the steps by trial and drop the attempts that crashed."""
    fields = dict(zip(_Step._fields, zip(*steps, strict=True), strict=True))
    seen = fields.pop("watched")
    columns = {name: _joined(column) for name, column in fields.items() if column[0] is not None}
    watched = {name: _joined([each[name] for each in seen]) for name in seen[0]}
    last = np.zeros(num_trials, dtype=np.int64)
    np.maximum.at(last, columns["trial"], columns["attempt"])
    first = np.full(num_trials, np.iinfo(np.int64).max)
    np.minimum.at(first, columns["trial"], columns["attempt"])
    order = np.argsort(columns["trial"], kind="stable")  # keeps the order of time in a trial
    order = order[(columns["attempt"] == last[columns["trial"]])[order]]
    columns = {name: column[order] for name, column in columns.items()}
    episode = columns["trial"] * episodes + columns["episode"]  # [S], of all N * K

    def total(of: np.ndarray | None = None) -> np.ndarray:
        sums = np.bincount(episode, weights=of, minlength=num_trials * episodes)
        return sums.reshape(num_trials, episodes)

    return TrialLog(
        length=total().astype(np.int64),
        success=total(columns["success"]) > 0,
        episode_return=total(columns["reward"]).astype(np.float32),
        tasks=tasks,
        actions=columns["action"],
        rewards=columns["reward"],
        regret=columns.get("regret"),
        poses=columns.get("pose"),
        restarted=int((first < last).sum()),
        watched={name: column[order] for name, column in watched.items()},
    )


def _joined(column: Sequence[torch.Tensor]) -> np.ndarray:
    return torch.cat(list(column)).cpu().numpy()
