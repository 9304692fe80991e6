"""A round of the game in the browser: a maze, a person's session in it, and what the others did."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ...core.storage.files import naming
from ...core.types import Agent
from ...mazes.doom.game import MazeGame
from ...mazes.maze import Maze
from ...mazes.suite import MazeSuite
from ..trials.runner import TrialLog
from . import game, shown
from .session import Session

VIEW = (640, 480)  # pixels, of the person's


@dataclass
class Round:
    """A maze and a person's session in it.

    Attributes:
        suite: Suite of the maze.
        number: Number of the maze in the suite's split.
        maze: The maze.
        agent: Agent to compare with, if any.
        agent_name: Its name, as the user gave it.
        seed: Seed of the agent's actions.
    """

    suite: MazeSuite
    number: int
    maze: Maze
    agent: Agent | None
    agent_name: str | None
    seed: int

    def __post_init__(self):
        self._game = MazeGame(self.suite.rules, *VIEW)
        self.session = Session(self._game, self.maze, game.EPISODES)

    def close(self) -> None:
        """End the engine."""
        self._game.close()

    @property
    def you(self) -> game.Outcomes:
        """The person's episodes so far."""
        return self.session.lengths, self.session.successes

    @cached_property
    def logs(self) -> dict[str, TrialLog]:
        """Trials of the others in this maze, by name."""
        rules = self.suite.rules
        found = {}
        if self.agent is not None:
            found["agent"] = game.trial_of_agent(self.agent, self.maze, rules, self.seed)
        found["explorer"] = game.trial_of_scripted("explorer", self.maze, rules)
        return found

    @cached_property
    def rows(self) -> dict[str, game.Outcomes]:
        """Outcomes by name: the person's, the others', and the shortest paths."""
        others = {name: game.outcomes_of(log) for name, log in self.logs.items()}
        return {"you": self.you, **others, "shortest path": game.shortest(self.suite, self.maze)}

    @cached_property
    def result(self) -> dict[str, Any]:
        """Outcomes in words, a comparison, and films of the person and the agent; plain values."""
        films, remark = [], ""
        logs = {"you": self.session.log, **self.logs}
        try:
            for name in ("you", "agent"):
                if name in logs:
                    film = shown.film_of(logs[name], self.maze, self.suite.rules)
                    films.append({"name": name, "film": film})
        except (OSError, UserError) as error:  # a comparison without films is better than none
            remark = f"Not filmed: {error}"
        rows = [shown.Row.of(name, outcomes) for name, outcomes in self.rows.items()]
        return {
            "rows": [[row.name, *row.cells] for row in rows],
            "comparison": comparison(self.rows),
            "films": films,
            "remark": remark,
        }

    def save(self, name: str, file: Path) -> None:
        """Add a line with the person's score to a file of JSON lines."""
        lengths = {who: steps for who, (steps, _) in self.rows.items()}
        line = {"name": name, "suite": self.suite.name, "split": self.suite.split}
        line |= {"maze": self.number, "agent_name": self.agent_name, "steps": lengths}
        line |= {"success": self.you[1]}
        with naming(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def comparison(rows: dict[str, game.Outcomes]) -> str:
    """The person's second episode beside the others', in a sentence."""
    lengths, successes = rows["you"]
    if not successes[-1]:
        return "You did not find the target in episode 2."
    parts = []
    for name, (others, arrived) in rows.items():
        if name == "you":
            continue
        if not arrived[-1]:
            parts.append(f"the {name} did not find the target")
            continue
        more = lengths[-1] - others[-1]
        versus = (
            "as many as" if more == 0 else f"{abs(more)} {'more' if more > 0 else 'fewer'} than"
        )
        parts.append(f"{versus} the {name}")
    return f"Your second path had {lengths[-1]} steps: {'; '.join(parts)}."


NewRound = Callable[[int], Round]  # by its number, from 0
