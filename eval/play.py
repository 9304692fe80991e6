"""Main program: a person's own two episodes in a maze, beside an agent's and the shortest path.

    rl2-play checkpoint=runs/demo/seed_0
    rl2-play suite=mazes/walk_small maze=17

Arrow keys turn and go forward; the maze is the engine's, larger than an agent sees it.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("play")

import json
import secrets
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..agents.networks.rl2_agent import RL2Agent
from ..agents.training.checkpoint import find_weights, load_agent
from ..core import cli
from ..core.errors import UserError
from ..core.suite import suite_of
from ..core.trial import Trial
from ..mazes.doom.game import MazeGame
from ..mazes.maze import Maze
from ..mazes.planning.shortest_paths import shortest_lengths
from ..mazes.rules import MazeRules
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeSet, MazeTasks
from ..mazes.twin.twin import TwinEnv, TwinSettings
from .evaluate import require_fit, require_mazes
from .human.session import Session, outcome
from .human.window import Window
from .trials.runner import evaluate

EPISODES = 2
NUM_MAZES = 100  # of a split, to draw from
DEFAULT = MazeSuite(tasks=MazeTasks(), rules=MazeRules(movement="grid", horizon=50))
VIEW = (640, 480)

Outcomes = tuple[list[int], list[bool]]  # lengths and successes


@dataclass
class PlayConfig:
    """Keys of rl2-play.

    Attributes:
        checkpoint: An agent to compare with: a run's folder, a checkpoint's folder, or a
            .safetensors file.
        suite: What to play; if not given, what the agent was trained on, or mazes/grid_small.
        split: Of the mazes, as in EvalConfig.
        maze: Its number in the split; if not given, one that `seed` draws.
        seed: Of the draw and of the agent's actions; if not given, another one each time.
    """

    checkpoint: str | None = None
    suite: Any = None
    split: str = "test"
    maze: int | None = None
    seed: int | None = None


def main() -> None:
    """Entry point of `rl2-play`."""
    cli.run("play", PlayConfig, run)


def run(settings: PlayConfig) -> None:
    """One trial of a person, then one of the agent."""
    with cli.usage_errors():
        suite, agent = choose_game(settings)
        seed = secrets.randbelow(2**31) if settings.seed is None else settings.seed
        number, maze = choose_maze(suite, settings, seed)
        window = Window(f"RL² Mazes: maze {number}")
    with closing(MazeGame(suite.rules, *VIEW)) as game:
        session = Session(game, maze, EPISODES)
        window.play(session, walk=suite.rules.movement == "walk")
    rows: dict[str, Outcomes] = {"you": (session.lengths, session.successes)}
    if agent is not None:
        rows["agent"] = agents_trial(agent, maze, suite.rules, seed)
    shortest = shortest_lengths([maze], suite.rules.movement, EPISODES)[0].tolist()
    rows["shortest path"] = shortest, [True] * EPISODES
    print(f"maze {number} of split {suite.tasks.split}, {suite.rules.movement} movement\n")
    print(table(rows))
    print(json.dumps({"maze": number, **{name: lengths for name, (lengths, _) in rows.items()}}))


def choose_game(settings: PlayConfig) -> tuple[MazeSuite, RL2Agent | None]:
    """What is played, and the agent to compare with."""
    if settings.checkpoint is None:
        suite = require_mazes(settings.suite or DEFAULT, "none")
        return replace(suite, tasks=replace(suite.tasks, split=settings.split)), None
    weights = find_weights(Path(settings.checkpoint))
    agent, card = load_agent(weights)
    suite = suite_of(card.suite) if settings.suite is None else settings.suite
    suite = require_mazes(suite, settings.checkpoint)
    one = MazeSet.draw(replace(suite.tasks, num_mazes=1))
    require_fit(agent, TwinEnv(one, suite.rules, 1, TwinSettings(device="cpu")).spaces, weights)
    return replace(suite, tasks=replace(suite.tasks, split=settings.split)), agent


def choose_maze(suite: MazeSuite, settings: PlayConfig, seed: int) -> tuple[int, Maze]:
    """The maze that was asked for, or one drawn; with its number in the split."""
    wanted = settings.maze
    if wanted is not None and wanted < 0:
        raise UserError(f"maze is {wanted}; it must be at least 0")
    rng = torch.Generator().manual_seed(seed)
    number = int(torch.randint(NUM_MAZES, (), generator=rng)) if wanted is None else wanted
    return number, MazeSet.draw(replace(suite.tasks, num_mazes=number + 1))[number]


def agents_trial(agent: RL2Agent, maze: Maze, rules: MazeRules, seed: int) -> Outcomes:
    """How the agent does in the same maze, on the twin."""
    mazes = MazeSet([maze])
    env = TwinEnv(mazes, rules, 1, TwinSettings(device="cpu"))
    trial = Trial(env, mazes, EPISODES, tasks=torch.zeros(1, dtype=torch.int64))
    log = evaluate(agent, trial, 1, seed)
    return log.length[0].tolist(), log.success[0].tolist()


def table(rows: dict[str, Outcomes]) -> str:
    """Who took how many steps, an episode a column; those that were not played stay open."""
    lines = [f"{'':14}" + "".join(f"{f'episode {k + 1}':>18}" for k in range(EPISODES))]
    for name, (lengths, successes) in rows.items():
        told = [outcome(length, won) for length, won in zip(lengths, successes, strict=True)]
        told += ["not played"] * (EPISODES - len(told))
        lines.append(f"{name:14}" + "".join(f"{text:>18}" for text in told))
    return "\n".join(lines)
