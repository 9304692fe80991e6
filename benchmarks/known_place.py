"""Worth of a known place: steps that the map of episode 1 saves a scripted explorer in episode 2.

    rl2 bench known_place                # small and large mazes on the grid; minutes
    rl2 bench known_place suites=[mazes/walk_small_new_target]

The explorer remembers every wall and target that it has seen. In episode 2 it is compared with an
explorer that begins there without a map. That share is what an agent can gain by remembering the
same things. Where it is small, an agent without a gain does not show that it has no memory.

Writes results/known_place.json: by suite, steps of episode 2 with and without the map, the share
that is saved, its 95 % interval, number of mazes. Runs on the twin.
"""

if __name__ == "__main__":
    from rl2_mazes.core.programs import run_module

    run_module("bench known_place")

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import rl2_mazes as rl2
from rl2_mazes.benchmarks.harness import arguments
from rl2_mazes.benchmarks.harness.timing import say
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.files import write_text
from rl2_mazes.core.storage.provenance import origin
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.validation import check, count
from rl2_mazes.eval.metrics.intervals import ratio_of_sums
from rl2_mazes.eval.trials.runner import evaluate
from rl2_mazes.mazes.baselines import SCRIPTED_AGENTS
from rl2_mazes.mazes.maze import Maze
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet
from rl2_mazes.mazes.twin.twin import TwinSettings

FILE = Path(__file__).parents[1] / "results" / "known_place.json"
CHANGES = ("", "_new_start", "_new_target")
SUITES = [f"mazes/grid_{size}{change}" for size in ("small", "large") for change in CHANGES]


@dataclass
class KnownPlaceConfig:
    """Keys of `rl2 bench known_place`.

    Attributes:
        suites: Suites of mazes.
        num_mazes: Test mazes of each suite.
        num_envs: Mazes at once.
    """

    suites: list[str] = field(default_factory=lambda: list(SUITES))
    num_mazes: int = count(1000, least=2)
    num_envs: int = count(50)

    def __post_init__(self):
        check(self)
        mazes = [name for name in rl2.list_suites() if name.startswith("mazes/")]
        if wrong := [name for name in self.suites if name not in mazes]:
            raise UserError(f"suites has {wrong[0]}; choose from {', '.join(mazes)}")


def main() -> None:
    """Measure each suite and update the file after it."""
    config = arguments.read(KnownPlaceConfig)
    for name in config.suites:
        suite: Any = rl2.make_suite(name, num_tasks=config.num_mazes)
        mazes = list(MazeSet.draw(suite.tasks))
        entry = measure(mazes, suite.rules, config.num_envs)
        before = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
        content = {**before, name: {**entry, **origin(torch.device("cpu"))}}
        write_text(FILE, json.dumps(content, indent=1) + "\n")
        low, high = entry["saved_ci"]
        say(
            f"{name}: {entry['without_map']:.1f} steps in episode 2 without the map, "
            f"{entry['with_map']:.1f} with it; "
            f"it saves {100 * entry['saved']:.1f} [{100 * low:.1f}, {100 * high:.1f}] %"
        )


def measure(mazes: list[Maze], rules: MazeRules, num_envs: int) -> dict[str, Any]:
    """The explorer's mean steps of episode 2 with and without the map, and the share saved."""
    with_map = explore(mazes, rules, 2, num_envs)[:, 1]
    without = explore([second_episode(maze) for maze in mazes], rules, 1, num_envs)[:, 0]
    saved, interval = ratio_of_sums(without - with_map, without, np.random.default_rng(0))
    return {
        "with_map": float(with_map.mean()),
        "without_map": float(without.mean()),
        "saved": saved,
        "saved_ci": interval,
        "num_mazes": len(mazes),
    }


def second_episode(maze: Maze) -> Maze:
    """The maze of one episode that is the second of this one."""
    return replace(maze, starts=(maze.start(1),), targets=(maze.target(1),))


def explore(mazes: list[Maze], rules: MazeRules, episodes: int, num_envs: int) -> np.ndarray:
    """The explorer's steps, [mazes, episodes]; a failure has the horizon's."""
    tasks = MazeSet(mazes)
    env = TwinSettings(device="cpu").start(tasks, rules, min(num_envs, len(mazes)))
    trial = Trial(env, tasks, episodes, tasks=torch.arange(len(mazes)))
    agent = SCRIPTED_AGENTS.get("explorer").build(trial)
    return evaluate(agent, trial, len(mazes), seed=0).length
