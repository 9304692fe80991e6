"""Play a maze yourself, two episodes, beside an agent and the shortest path.

    rl2 play agent=runs/demo/seed_0
    rl2 play suite=mazes/walk_small maze=17

Arrow keys turn and move forward. The maze is the engine's, in a larger view than an agent's.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("play")

import json
import secrets
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import torch

from ..core import cli
from ..core.errors import UserError
from ..core.trial import Trial
from ..core.types import Agent
from ..core.validation import count, seed
from ..mazes.doom.game import MazeGame
from ..mazes.maze import Maze
from ..mazes.rules import MazeRules
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeSet, MazeTasks
from ..mazes.twin.twin import TwinSettings
from .human.session import Session, outcome
from .human.window import Window
from .trials.runner import evaluate
from .trials.setup import load_subject, require_fit, require_success

EPISODES = 2
NUM_MAZES = 100  # of a split, to draw from
DEFAULT = MazeSuite(tasks=MazeTasks(), rules=MazeRules(movement="grid", horizon=50))
VIEW = (640, 480)  # pixels

Outcomes = tuple[list[int], list[bool]]  # lengths and successes, by episode


@dataclass
class PlayConfig:
    """Keys of rl2 play.

    Attributes:
        agent_path: Agent to compare with: a run's folder, a checkpoint's folder, a .safetensors
            file, or pretrained/NAME; or an agent from outside, package.module:Name.
        suite: Suite to play; if not given, the suite of the agent's training, or
            mazes/grid_small.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        maze: Number of the maze in the split; if not given, `seed` draws one.
        seed: Seed of the draw and of the agent's actions; if not given, a new one each time.
    """

    agent_path: str | None = None
    suite: Any = None
    split: str = "test"
    maze: int | None = count(None, least=0)
    seed: int | None = seed(None)


def main() -> None:
    """Entry point of `rl2 play`."""
    cli.run("play", PlayConfig, run)


def run(settings: PlayConfig) -> None:
    """Run one trial of the user, then one of the agent."""
    suite, agent = choose_game(settings)
    seed = secrets.randbelow(2**31) if settings.seed is None else settings.seed
    number, maze = choose_maze(suite, settings, seed)
    window = Window(f"RL² Mazes: maze {number}")
    with closing(MazeGame(suite.rules, *VIEW)) as game:
        session = Session(game, maze, EPISODES)
        window.play(session, walk=suite.rules.movement == "walk")
    rows: dict[str, Outcomes] = {"you": (session.lengths, session.successes)}
    if agent is not None:
        rows["agent"] = trial_of_agent(agent, maze, suite.rules, seed)
    shortest = suite.with_episodes(EPISODES).shortest_lengths([maze])[0].tolist()
    rows["shortest path"] = shortest, [True] * EPISODES
    print(f"maze {number} of split {suite.split}, {suite.rules.movement} movement\n")
    print(table(rows))
    print(json.dumps({"maze": number, **{name: lengths for name, (lengths, _) in rows.items()}}))


def choose_game(settings: PlayConfig) -> tuple[MazeSuite, Agent | None]:
    """Choose the suite to play, and load the agent to compare with if there is one."""
    agent = None
    suite = settings.suite or DEFAULT
    if settings.agent_path is not None:
        subject = load_subject(settings.agent_path)
        suite = settings.suite or subject.suite or DEFAULT
        require_success(suite, settings.agent_path)
        require_fit(subject, suite)
        agent = subject.agent_for(suite)
    require_success(suite, "none")
    return suite.with_split(settings.split, NUM_MAZES), agent


def choose_maze(suite: MazeSuite, settings: PlayConfig, seed: int) -> tuple[int, Maze]:
    """Choose the maze: the given number of the split, or one that `seed` draws.

    Returns:
        The number and the maze.
    """
    wanted = settings.maze
    if wanted is not None and wanted < 0:
        raise UserError(f"maze is {wanted}; it must be at least 0")
    rng = torch.Generator().manual_seed(seed)
    number = int(torch.randint(NUM_MAZES, (), generator=rng)) if wanted is None else wanted
    return number, MazeSet.draw(suite.with_split(settings.split, number + 1).tasks)[number]


def trial_of_agent(agent: Agent, maze: Maze, rules: MazeRules, seed: int) -> Outcomes:
    """Run the agent in the same maze on the twin."""
    mazes = MazeSet([maze])
    env = TwinSettings(device="cpu").start(mazes, rules, 1)
    trial = Trial(env, mazes, EPISODES, tasks=torch.zeros(1, dtype=torch.int64))
    log = evaluate(agent, trial, 1, seed)
    return log.length[0].tolist(), log.success[0].tolist()


def table(rows: dict[str, Outcomes]) -> str:
    """Lay out the outcomes, one column per episode; unplayed episodes are named as such."""
    lines = [f"{'':14}" + "".join(f"{f'episode {k + 1}':>18}" for k in range(EPISODES))]
    for name, (lengths, successes) in rows.items():
        cells = [outcome(length, won) for length, won in zip(lengths, successes, strict=True)]
        cells += ["not played"] * (EPISODES - len(cells))
        lines.append(f"{name:14}" + "".join(f"{text:>18}" for text in cells))
    return "\n".join(lines)
