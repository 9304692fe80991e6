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

from ..core import cli
from ..core.validation import count, seed
from ..mazes.doom.game import MazeGame
from .human.game import (
    EPISODES,
    Outcomes,
    choose_game,
    choose_maze,
    outcomes_of,
    shortest,
    trial_of_agent,
)
from .human.session import Session, outcome
from .human.window import Window

VIEW = (640, 480)  # pixels


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
    suite, agent = choose_game(settings.agent_path, settings.suite, settings.split)
    seed = secrets.randbelow(2**31) if settings.seed is None else settings.seed
    number, maze = choose_maze(suite, settings.maze, seed)
    window = Window(f"RL² Mazes: maze {number}")
    with closing(MazeGame(suite.rules, *VIEW)) as game:
        session = Session(game, maze, EPISODES)
        window.play(session, walk=suite.rules.movement == "walk")
    rows: dict[str, Outcomes] = {"you": (session.lengths, session.successes)}
    if agent is not None:
        rows["agent"] = outcomes_of(trial_of_agent(agent, maze, suite.rules, seed))
    rows["shortest path"] = shortest(suite, maze)
    print(f"maze {number} of split {suite.split}, {suite.rules.movement} movement\n")
    print(table(rows))
    print(json.dumps({"maze": number, **{name: lengths for name, (lengths, _) in rows.items()}}))


def table(rows: dict[str, Outcomes]) -> str:
    """Lay out the outcomes, one column per episode; unplayed episodes are named as such."""
    lines = [f"{'':14}" + "".join(f"{f'episode {k + 1}':>18}" for k in range(EPISODES))]
    for name, (lengths, successes) in rows.items():
        cells = [outcome(length, won) for length, won in zip(lengths, successes, strict=True)]
        cells += ["not played"] * (EPISODES - len(cells))
        lines.append(f"{name:14}" + "".join(f"{text:>18}" for text in cells))
    return "\n".join(lines)
