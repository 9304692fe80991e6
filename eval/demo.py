"""See a pretrained agent in a maze that is new to it: a page with film, paths and steps.

    rl2 demo
    rl2 demo agent=pretrained/walk_small_paths open=false

The page opens in the browser. It is one file, and needs no server.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("demo")

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import cli
from ..core.errors import UserError
from ..core.programs import version_text
from ..core.storage.files import naming, write_text
from ..core.validation import count, seed
from .human import game
from .human.browser import open_page
from .human.shown import Row, film_of, map_of, render

PAGE = "demo.html"


@dataclass
class DemoConfig:
    """Keys of rl2 demo.

    Attributes:
        agent_path: Agent to watch: pretrained/NAME, a run's folder, a checkpoint's folder, or a
            .safetensors file; or an agent from outside, package.module:Name.
        suite: Suite; if not given, the suite of the agent's training.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        maze: Number of the maze in the split; if not given, `seed` draws five, and the one with the
            longest shortest path is shown.
        seed: Seed of the draw and of the agent's actions; if not given, a new one each time.
        output_dir: Folder of the page, demo.html.
        open: Open the page in the browser.
    """

    agent_path: str = "pretrained/demo"
    suite: Any = None
    split: str = "test"
    maze: int | None = count(None, least=0)
    seed: int | None = seed(None)
    output_dir: str = "runs/demo_page"
    open: bool = True


def main() -> None:
    """Entry point of `rl2 demo`."""
    cli.run("demo", DemoConfig, run)


def run(settings: DemoConfig) -> None:
    """Run one trial and write its page."""
    seed = secrets.randbelow(2**31) if settings.seed is None else settings.seed
    suite, agent = game.choose_game(settings.agent_path, settings.suite, settings.split)
    assert agent is not None
    if settings.maze is None:
        number, maze = game.choose_maze_to_show(suite, seed)
    else:
        number, maze = game.choose_maze(suite, settings.maze, seed)
    log = game.trial_of_agent(agent, maze, suite.rules, seed)
    ours = game.outcomes_of(log)
    explorer = game.outcomes_of(game.trial_of_scripted("explorer", maze, suite.rules))
    shortest = game.shortest(suite, maze)
    film, remark = "", ""
    try:
        film = film_of(log, maze, suite.rules)
    except (OSError, UserError) as error:  # a page without a film is better than none
        remark = str(error).rstrip(".")
    known = [f"agent={settings.agent_path}", f"split={settings.split}", f"maze={number}"]
    text = render(
        "demo.html",
        headline=_headline(*ours),
        agent=settings.agent_path,
        number=number,
        split=settings.split,
        candidates=game.CANDIDATES if settings.maze is None else None,
        film=film,
        remark=remark,
        maps=[map_of(log, maze, k) for k in range(game.EPISODES)],
        rows=[
            Row.of("this agent", ours),
            Row.of("scripted explorer", explorer),
            Row.of("shortest path", shortest),
        ],
        again=" ".join(["rl2 demo", known[0]]),
        play=" ".join(["rl2 play browser=true", *known]),
        measure=" ".join(["rl2-eval", known[0], "num_trials=100"]),
        seed=seed,
        versions=version_text(),
    )
    page = Path(settings.output_dir) / PAGE
    with naming(page):
        page.parent.mkdir(parents=True, exist_ok=True)
    write_text(page, text)
    print(f"{_headline(*ours)} (maze {number}, shortest path {shortest[0][0]} steps)")
    if settings.open and not open_page(page.absolute().as_uri()):
        print(f"no browser could be started; open {page.absolute()}")
    print(json.dumps({"page": str(page), "maze": number, "seed": seed, "steps": ours[0]}))


def _headline(lengths: list[int], successes: list[bool]) -> str:
    first, second = (
        f"{length} steps" if won else f"not found in {length} steps"
        for length, won in zip(lengths, successes, strict=True)
    )
    return f"{first}, then {second}"
