"""A game to watch or to play: its suite, agent and maze, and the trials of agents in it."""

from typing import Any

import torch

from ...core.errors import UserError
from ...core.trial import Trial
from ...core.types import Agent
from ...mazes.baselines import SCRIPTED_AGENTS
from ...mazes.maze import Maze
from ...mazes.rules import MazeRules
from ...mazes.suite import MazeSuite
from ...mazes.tasks import MazeSet, MazeTasks
from ...mazes.twin.twin import TwinSettings
from ..trials.runner import TrialLog, evaluate
from ..trials.setup import load_subject, require_fit, require_success

EPISODES = 2
NUM_MAZES = 100  # of a split, to draw from
CANDIDATES = 5  # mazes of which one is shown
DEFAULT = MazeSuite(tasks=MazeTasks(), rules=MazeRules(movement="grid", horizon=50))

Outcomes = tuple[list[int], list[bool]]  # lengths and successes, by episode


def choose_game(agent_path: str | None, suite: Any, split: str) -> tuple[MazeSuite, Agent | None]:
    """Choose the suite to play, and load the agent to compare with if there is one.

    Args:
        agent_path: The agent; None for none.
        suite: The suite that the user chose; None for that of the agent's training.
        split: Split of its mazes.
    """
    agent, trained = None, None
    if agent_path is not None:
        subject = load_subject(agent_path)
        trained = subject.suite
        require_success(suite or trained or DEFAULT, agent_path)
        require_fit(subject, suite or trained or DEFAULT)
        agent = subject.agent_for(suite or trained or DEFAULT)
    suite = suite or trained or DEFAULT
    require_success(suite, "none")
    return suite.with_split(split, NUM_MAZES), agent


def choose_maze(suite: MazeSuite, number: int | None, seed: int) -> tuple[int, Maze]:
    """Choose the maze: the given number of the suite's split, or one that `seed` draws.

    Returns:
        The number and the maze.
    """
    if number is not None and number < 0:
        raise UserError(f"maze is {number}; it must be at least 0")
    if number is None:
        rng = torch.Generator().manual_seed(seed)
        number = int(torch.randint(NUM_MAZES, (), generator=rng))
    return number, MazeSet.draw(suite.with_split(suite.split, number + 1).tasks)[number]


def choose_maze_to_show(suite: MazeSuite, seed: int) -> tuple[int, Maze]:
    """Of a few mazes that `seed` draws, choose the one with the longest shortest path.

    In many mazes the target lies three steps from the start, where memory makes no difference. The
    choice does not depend on any agent.

    Returns:
        The number and the maze.
    """
    rng = torch.Generator().manual_seed(seed)
    numbers = torch.randint(NUM_MAZES, (CANDIDATES,), generator=rng).tolist()
    drawn = MazeSet.draw(suite.with_split(suite.split, max(numbers) + 1).tasks)
    mazes = [drawn[number] for number in numbers]
    longest = int(suite.shortest_lengths(mazes)[:, 0].argmax())
    return numbers[longest], mazes[longest]


def trial_of_agent(agent: Agent, maze: Maze, rules: MazeRules, seed: int) -> TrialLog:
    """Run the agent in the maze on the twin."""
    return evaluate(agent, _trial(maze, rules), 1, seed)


def trial_of_scripted(name: str, maze: Maze, rules: MazeRules) -> TrialLog:
    """Run a scripted agent, such as explorer, in the maze on the twin."""
    trial = _trial(maze, rules)
    return evaluate(SCRIPTED_AGENTS.get(name).build(trial), trial, 1, seed=0)


def _trial(maze: Maze, rules: MazeRules) -> Trial:
    mazes = MazeSet([maze])
    env = TwinSettings(device="cpu").start(mazes, rules, 1)
    return Trial(env, mazes, EPISODES, tasks=torch.zeros(1, dtype=torch.int64))


def outcomes_of(log: TrialLog) -> Outcomes:
    """Lengths and successes of a log's one trial."""
    return log.length[0].tolist(), log.success[0].tolist()


def shortest(suite: MazeSuite, maze: Maze) -> Outcomes:
    """The shortest paths, which always arrive."""
    lengths = suite.with_episodes(EPISODES).shortest_lengths([maze])[0].tolist()
    return lengths, [True] * EPISODES
