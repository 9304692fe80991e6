"""Plays every algorithm with every value of its parameter, and keeps the best.

An algorithm that ignores the trial's length does in a short trial what it does at the beginning of
a long one. Rows that differ in length alone therefore share their tasks and one run, the longest.
Each run is a job of its own with a thread of its own: torch lets go of the interpreter, and two
runs side by side beat one run on two cores.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...core.registries.registry import is_own
from ...core.tabular.algorithms import Algorithm
from ...core.types import Agent
from ..adapters.calls import call
from ..adapters.checked import CheckedAgent
from ..metrics.returns import ByRegret, Curve, curve_of, mean_and_error, return_by_regret
from .play import Played, play


@dataclass(frozen=True)
class Score:
    """An algorithm with one value of its parameter, on one row."""

    row: str
    algorithm: Algorithm
    value: Any
    mean: float  # total reward of a trial, mean over tasks
    se: float
    by_regret: ByRegret
    curve: Curve


class Job(NamedTuple):
    """One run: an algorithm with one value, on rows that differ in length alone."""

    algorithm: Algorithm
    value: Any
    rows: tuple[Any, ...]  # the suite's settings, shortest first
    tasks: Any

    @property
    def effort(self) -> int:
        """For starting the longest first; a guess."""
        samples = self.value if isinstance(self.value, int) else 1
        suite = self.rows[-1]
        size = getattr(suite, "num_arms", getattr(suite, "num_states", 1))
        return samples * size * suite.episodes_per_trial


class Player:
    """Runs jobs.

    Args:
        arguments: What every algorithm's constructor gets besides suite and value.
        num_tasks: Tasks of each row.
        seed: Of tasks, environments and agents.
        device: Where all of it lives.
        finished: Called with a job's title after each.
    """

    def __init__(
        self,
        arguments: dict[str, Any],
        num_tasks: int,
        seed: int,
        device: torch.device,
        finished: Callable[[str, int], None],
    ):
        self.arguments = arguments
        self.num_tasks = num_tasks
        self.seed = seed
        self.device = device
        self.finished = finished

    def best(
        self, algorithms: Sequence[Algorithm], rows: Sequence[Any], tuning: str
    ) -> list[Score]:
        """Scores of the best values.

        Args:
            algorithms: Which.
            rows: The suite's settings, one a row.
            tuning: `paper`, the best on the tasks that are reported; `held_out`, the best on as
                many other tasks, then played on the reported ones.
        """
        by_name = {row.name: row for row in rows}
        order = [(row, algorithm.name) for row in by_name for algorithm in algorithms]
        if tuning == "paper":
            best = _best(self._run(self._jobs(algorithms, rows, split=0)))
        else:
            chosen = _best(self._run(self._jobs(algorithms, rows, split=1)))
            best = self._run(
                [
                    self._jobs([score.algorithm], [by_name[score.row]], split=0)[0]._replace(
                        value=score.value
                    )
                    for score in chosen
                ]
            )
        return sorted(best, key=lambda score: order.index((score.row, score.algorithm.name)))

    def _jobs(self, algorithms: Sequence[Algorithm], rows: Sequence[Any], split: int) -> list[Job]:
        groups: dict[str, list[Any]] = {}
        for row in sorted(rows, key=lambda row: row.episodes_per_trial):
            groups.setdefault(row.name.rpartition("n")[0], []).append(row)
        jobs = []
        for group in groups.values():
            tasks = group[0].table_tasks(self.num_tasks, self.seed, split, self.device)
            for algorithm in algorithms:
                bundles = [tuple(group)] if algorithm.anytime else [(row,) for row in group]
                jobs += [
                    Job(algorithm, value, bundle, tasks)
                    for bundle in bundles
                    for value in algorithm.grid or (None,)
                ]
        return jobs

    def _run(self, jobs: Sequence[Job]) -> Iterator[Score]:
        on_host = self.device.type == "cpu"
        threads = torch.get_num_threads()
        if on_host:
            torch.set_num_threads(1)
        pool = ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0)) if on_host else 1)
        try:
            order = sorted(jobs, key=lambda job: -job.effort)
            running = {pool.submit(self._play, job): job for job in order}
            for done in as_completed(running):
                self.finished(running[done].algorithm.title, len(running))
                yield from done.result()
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)

    def _play(self, job: Job) -> list[Score]:
        longest = job.rows[-1]
        arguments = dict(self.arguments)
        if job.algorithm.tunes is not None:
            arguments[job.algorithm.tunes] = job.value
        agent = made_by(job.algorithm, longest, device=self.device, **arguments)
        trial = longest.make_trial(self.num_tasks, self.device, seed=self.seed, tasks=job.tasks)
        played = play(agent, trial, longest.horizon, self.seed)
        ceiling = longest.ceiling(job.tasks)
        return [_score(job, row, played, ceiling) for row in job.rows]


def made_by(algorithm: Algorithm, suite: Any, **arguments: Any) -> Agent:
    """The algorithm's agent; one from outside is checked at every step.

    Raises:
        UserError: Making it raised, or made no agent.
    """
    if is_own(algorithm.build):
        return algorithm.build(suite, **arguments)
    agent = call(f"algorithm {algorithm.name}", algorithm.build, suite, **arguments)
    return CheckedAgent(agent, suite.spaces, algorithm.name, "algorithm")


def _best(scores: Iterator[Score]) -> list[Score]:
    """The best value of each algorithm on each row; of equals, the first in the grid."""
    best: dict[tuple[str, str], Score] = {}
    for score in scores:
        grid = score.algorithm.grid
        rank = (score.mean, -grid.index(score.value) if grid else 0)
        rival = best.get((score.row, score.algorithm.name))
        if rival is None or rank > (rival.mean, -grid.index(rival.value) if grid else 0):
            best[score.row, score.algorithm.name] = score
    return list(best.values())


def _score(job: Job, row: Any, played: Played, ceiling: Tensor) -> Score:
    """The score on a row: the first episodes of the trials played."""
    reward, regret = (each[: row.episodes_per_trial] for each in played)
    mean, se = mean_and_error(reward.sum(0))
    by_regret = return_by_regret(regret.sum(0), row)
    curve = curve_of(reward, ceiling)
    return Score(row.name, job.algorithm, job.value, mean, se, by_regret, curve)
