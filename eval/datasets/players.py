"""Agents whose trials are recorded: networks, agents from outside, and scripted agents by name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...agents.networks.actor_critic import ActorCritic
from ...agents.training.checkpoint_files import CheckpointError
from ...agents.training.history import is_history, kept, require_kept
from ...core.errors import UserError
from ...core.suite import Suite
from ...core.trial import Trial
from ...core.types import Agent
from ...mazes.baselines import SCRIPTED_AGENTS, ScriptedAgent
from ...mazes.suite import MazeSuite
from ..adapters.checked import CheckedAgent
from ..adapters.loading import ModuleError
from ..adapters.scripted import scripted_agent
from ..trials.setup import Subject, choose_suite, load_subject

RANDOM = "random walk"  # reads neither poses nor a map, so that it acts in every suite


@dataclass(frozen=True)
class Player:
    """An agent before its trials are known.

    Attributes:
        name: As the user named it.
        scripted: The scripted agent; None if it is another.
        subject: The network or agent from outside; None for a scripted agent.
        agent: The agent itself, in Python; None if it was named.
        history: Networks that one training kept, in the order of learning; `subject` is the last.
    """

    name: str
    scripted: ScriptedAgent | None = None
    subject: Subject | None = None
    agent: Any = None
    history: tuple[Subject, ...] = ()

    @property
    def stages(self) -> Sequence["Player"]:
        """The agents that act one after the other: those of the history, or this one alone."""
        if not self.history:
            return [self]
        return [replace(self, subject=each, history=()) for each in self.history]

    @property
    def train_steps(self) -> int | None:
        """Agent steps of the training; None if that is not known."""
        card = None if self.subject is None else self.subject.card
        return None if card is None else card.all_steps

    def suite(
        self, given: Any, split: str, num_trials: int, episodes_per_trial: int | None = None
    ) -> Any:
        """The suite to act in, see `eval.trials.setup.choose_suite`.

        Raises:
            UserError: None is known, or the agent cannot act in it.
        """
        if self.subject is not None:
            return choose_suite(self.subject, given, split, num_trials, episodes_per_trial)
        if given is None:
            raise UserError(
                f"agent {self.name} is scripted and acts in any maze; give a suite, such as "
                "suite=mazes/walk_small"
            )
        if not isinstance(given, MazeSuite) and self.scripted is not SCRIPTED_AGENTS.get(RANDOM):
            raise UserError(
                f"agent {self.name} reads the map of a maze; in suite {given.kind!r} give "
                "agent=random_walk or a trained agent"
            )
        suite = given if episodes_per_trial is None else given.with_episodes(episodes_per_trial)
        return suite.with_split(split, num_trials)

    def agent_for(self, trial: Trial, suite: Suite) -> Agent:
        """The agent that acts in a trial, on the device of its environments."""
        if self.scripted is not None:
            return scripted_agent(self.name, self.scripted, trial)
        if self.subject is not None:
            agent = self.subject.agent_for(suite)
        elif isinstance(self.agent, ActorCritic):
            agent = self.agent.for_spaces(suite.spaces)
        else:
            agent = CheckedAgent(self.agent, suite.spaces, self.name)
        return agent.to(trial.env.device)

    def facts(self, suite: Suite) -> dict[str, Any]:
        """The agent and its training, for the card."""
        if self.scripted is not None:
            return {"name": self.name, "scripted": self.scripted.description}
        if self.subject is None:
            return {"name": self.name}
        steps = {"history": [each.train_steps for each in self.stages]} if self.history else {}
        return {"name": self.name, **self.subject.record(suite), **steps}


def load_player(name: str, greedy: bool = False) -> Player:
    """Load an agent by name.

    Args:
        name: A scripted agent (random_walk, wall_follower, explorer, oracle), a training's history
            (`agents.training.history`), or any other that `eval.trials.setup.load_subject` takes.
        greedy: See there.

    Raises:
        UserError: There is no such agent, or a scripted one was to be greedy.
    """
    require_kept(Path(name))
    if is_history(Path(name)):
        subjects = tuple(load_subject(str(each), greedy) for each in kept(Path(name)))
        return Player(name, subject=subjects[-1], history=subjects)
    scripted = scripted_of(name)
    if scripted is None:
        try:
            return Player(name, subject=load_subject(name, greedy))
        except ModuleError as error:
            raise UserError(
                f"{error}; or add plugins=[{error.module}] if it registers a scripted agent"
            ) from error
        except CheckpointError as error:
            _require_known(name, error)
            raise
    if greedy:
        raise UserError(f"greedy is true, and agent {name} is scripted: leave greedy out")
    return Player(name, scripted=scripted)


def _require_known(name: str, error: CheckpointError) -> None:
    """Raise with the names of scripted agents where a word that names no file may mean one."""
    if Path(name).exists() or Path(name).name != name or Path(name).suffix:
        return
    known = sorted(each.replace(" ", "_") for each in SCRIPTED_AGENTS.all())
    near = get_close_matches(name.replace(" ", "_"), known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UserError(
        f"agent {name} does not exist; {hint}choose from {', '.join(known)}, or give a run's "
        "folder, a .safetensors file or pretrained/NAME"
    ) from error


def scripted_of(name: str) -> ScriptedAgent | None:
    """The scripted agent of a name in which underscores may stand for spaces; ours go first."""
    known = SCRIPTED_AGENTS.all()
    same = (each for each in known if each.replace(" ", "_") == name.replace(" ", "_"))
    found = next(same, None)
    return None if found is None else known[found]
