"""Play a maze yourself, two episodes, beside an agent and the shortest path.

    rl2 play agent=runs/demo/seed_0
    rl2 play suite=mazes/walk_small maze=17
    rl2 play browser=true agent=pretrained/demo

Arrow keys turn and move forward. The maze is the engine's, in a larger view than an agent's. In the
browser, films of both follow, another maze, and scores can be saved.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("play")

import json
import secrets
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import cli
from ..core.validation import count, seed
from .human.browser import open_page
from .human.game import EPISODES, Outcomes, choose_game, choose_maze
from .human.rounds import NewRound, Round
from .human.server import PlayServer
from .human.session import outcome
from .human.window import Window


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
        browser: Play in the browser instead of a window.
        open: Open the page of the game; if false, or if no browser is found, its address is
            printed. Only this machine can reach it.
        port: Port of the page; 0 means a free one.
        scores: File of JSON lines that the page saves scores to.
    """

    agent_path: str | None = None
    suite: Any = None
    split: str = "test"
    maze: int | None = count(None, least=0)
    seed: int | None = seed(None)
    browser: bool = False
    open: bool = True
    port: int = count(0, least=0, most=65535)
    scores: str = "runs/play_scores.jsonl"


def main() -> None:
    """Entry point of `rl2 play`."""
    cli.run("play", PlayConfig, run)


def run(settings: PlayConfig) -> None:
    """Run one trial of the user and of the others; in the browser, as many as the user likes."""
    suite, agent = choose_game(settings.agent_path, settings.suite, settings.split)
    seed = secrets.randbelow(2**31) if settings.seed is None else settings.seed
    walk = suite.rules.movement == "walk"

    def new_round(index: int) -> Round:
        wanted = None if settings.maze is None else settings.maze + index
        number, maze = choose_maze(suite, wanted, seed + index)
        return Round(suite, number, maze, agent, settings.agent_path, seed + index)

    if settings.browser:
        play_in_browser(settings, new_round, walk)
        return
    choose_maze(suite, settings.maze, seed)  # an error now, before a window opens
    window = Window("RL² Mazes")
    with closing(new_round(0)) as one:
        window.play(one.session, walk)
        report(one)


def play_in_browser(settings: PlayConfig, new_round: NewRound, walk: bool) -> None:
    """Serve the game until its page, or Ctrl-C, ends it; then print the rounds."""
    with closing(PlayServer(new_round, walk, Path(settings.scores), settings.port)) as server:
        how = "open"
        if settings.open:
            shown = open_page(server.address)
            how = "playing in the browser" if shown else "no browser could be started; open"
        print(f"{how} {server.address}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve()
        for each in server.played:
            if each.session.over:
                report(each)


def report(one: Round) -> None:
    """Print the outcomes of a round; the last line is JSON."""
    print(f"maze {one.number} of split {one.suite.split}, {one.suite.rules.movement} movement\n")
    print(table(one.rows))
    lengths = {name: steps for name, (steps, _) in one.rows.items()}
    print(json.dumps({"maze": one.number, **lengths}))


def table(rows: dict[str, Outcomes]) -> str:
    """Lay out the outcomes, one column per episode; unplayed episodes are named as such."""
    lines = [f"{'':14}" + "".join(f"{f'episode {k + 1}':>18}" for k in range(EPISODES))]
    for name, (lengths, successes) in rows.items():
        cells = [outcome(length, won) for length, won in zip(lengths, successes, strict=True)]
        cells += ["not played"] * (EPISODES - len(cells))
        lines.append(f"{name:14}" + "".join(f"{text:>18}" for text in cells))
    return "\n".join(lines)
