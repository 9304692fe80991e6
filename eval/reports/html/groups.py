"""Runs that differ in their seed alone belong together: a group says what to expect of the next.

A figure of a group of several is the mean over its seeds with Student's interval over seeds, which
speaks of agents trained alike; of a single run it is that run's, with its interval over mazes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ....core.renamed import agent_settings
from ....core.storage.run_folder import MAY_CHANGE, flat_settings
from ...metrics.intervals import Estimate, mean
from ..metric_cells import stored
from .runs import EvaluatedRun

MOST_DIFFERENCES = 3  # settings named to tell groups apart


@dataclass(frozen=True)
class Group:
    """Runs of the same settings, evaluated alike.

    Attributes:
        name: The settings' name, and how they differ from those of the other groups of that name.
        runs: One a seed.
    """

    name: str
    runs: tuple[EvaluatedRun, ...]

    @property
    def episodes(self) -> int:
        """K."""
        return self.runs[0].log.length.shape[1]

    def values(self, figure: str, episode: int | None = None) -> list[float]:
        """A figure of results.json of each run that has it; `episode` counts from 0."""
        found = [stored(run.results, figure, episode)[0] for run in self.runs]
        return [value for value in found if value is not None]

    def estimate(self, figure: str, episode: int | None = None) -> Estimate:
        """The figure and its interval, see the module; None where no run has it."""
        if len(self.runs) == 1:
            return stored(self.runs[0].results, figure, episode)
        return mean(np.array(self.values(figure, episode)))


def group_runs(runs: Sequence[EvaluatedRun]) -> list[Group]:
    """Sorts runs into groups, in order of each group's first."""
    members: dict[str, list[EvaluatedRun]] = {}
    for run in runs:
        members.setdefault(json.dumps(settings_of(run), sort_keys=True), []).append(run)
    settings = [settings_of(each[0]) for each in members.values()]
    names = [str(each.get("name", "run")) for each in settings]
    stated = [
        name if names.count(name) == 1 else f"{name} ({_peculiar(index, settings)})"
        for index, name in enumerate(names)
    ]
    return [Group(name, tuple(each)) for name, each in zip(stated, members.values(), strict=True)]


def in_the_middle(group: Group) -> EvaluatedRun:
    """The run whose length ratio is the median one, the lower of two; the typical seed."""

    def order(run: EvaluatedRun) -> float:
        ratio = run.results.get("length_ratio")
        return np.inf if ratio is None else ratio

    return sorted(group.runs, key=order)[(len(group.runs) - 1) // 2]


def settings_of(run: EvaluatedRun) -> dict[str, Any]:
    """Settings, flat, that runs share which differ in their seed alone."""
    settings = {key: value for key, value in run.config.items() if key not in (*MAY_CHANGE, "seed")}
    if not settings:
        settings = {"name": run.name, "suite": run.results["trained_on"]}
    if "agent" in settings:
        settings["agent"] = agent_settings(settings["agent"])  # of older runs, too
    settings["total_steps"] = run.config.get("total_steps")
    settings["evaluation"] = {**asdict(run.suite), "engine": run.results["engine"]}
    settings["evaluation"] |= {"greedy": run.results.get("greedy", False)}
    settings["evaluation"] |= {"seed_of_actions": run.results["seed"]}  # no other agent by that
    return flat_settings(settings)


def _peculiar(index: int, settings: Sequence[dict[str, Any]]) -> str:
    """In which settings one differs from any other, in words."""
    own = settings[index]
    others = [each for each in settings if each is not own]
    keys = [key for key in own if any(each.get(key) != own[key] for each in others)]
    if "name" in own:
        keys = [
            key
            for key in keys
            if any(e.get(key) != own[key] for e in others if e.get("name") == own["name"])
        ]
    stated = [f"{key}={own[key]}" for key in keys[:MOST_DIFFERENCES]]
    return ", ".join(stated + ["..."] * (len(keys) > MOST_DIFFERENCES)) or f"group {index + 1}"
