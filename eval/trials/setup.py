"""Set-up of an evaluation: the agent, the suite to evaluate it on, and their checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agents.networks.actor_critic import ActorCritic
from ...agents.training.checkpoint import AgentCard, load_agent
from ...agents.zoo.tracks import track_of
from ...core.errors import UserError
from ...core.formatting import count
from ...core.suite import Suite, suite_of
from ...core.tabular.mixed_suite import MixedSuite
from ...core.tabular.suite import TabularSuite
from ...mazes.maze import Maze
from ...mazes.overlap import Overlap
from ...mazes.suite import MazeSuite
from ..adapters.known import known_of
from ..adapters.loading import OutsideAgent, is_outside, weights_of
from .output_folders import outside_folder, run_folder

RECORD = ("checkpoint", "train_steps", "train_seconds")


@dataclass(frozen=True)
class Subject:
    """An agent to evaluate: a trained network of this project, or an agent from outside.

    Attributes:
        path: The agent as the user named it.
        made: The network, or the agent from outside; either makes an agent for a suite.
        weights: File of the network's weights; None for an agent from outside.
        card: The network's training; None for an agent from outside, whose training is not known.
    """

    path: str
    made: ActorCritic | OutsideAgent
    weights: Path | None = None
    card: AgentCard | None = None

    @property
    def suite(self) -> Any:
        """The suite of the agent's training; None if that is not known."""
        return None if self.trained_on is None else suite_of(self.trained_on)

    def agent_for(self, suite: Suite) -> Any:
        """The agent that acts in a suite.

        Raises:
            UserError: It cannot.
        """
        return self.made.for_spaces(suite.spaces)

    @property
    def trained_on(self) -> dict[str, Any] | None:
        """Settings of the suite of the agent's training; None if that is not known."""
        return None if self.card is None else self.card.suite

    def run_folder(self, suite: Suite) -> Path:
        """Folder of the agent's files: its run's, or for an agent from outside one per suite."""
        if self.weights is None:
            return outside_folder(self.path, suite.name)
        return run_folder(self.weights)

    def overlap(self, mazes: Sequence[Maze]) -> Overlap | None:
        """Mazes and layouts that the agent was trained on; None if that is not known."""
        if self.card is None:
            return None
        return Overlap.of(mazes, [suite_of(each).tasks for each in self.card.all_suites])

    def record(self, suite: Suite) -> dict[str, Any]:
        """The agent and its training, for files of results; None where nothing is known."""
        if self.card is None:
            known = known_of(self.path, self.agent_for(suite))
            return {**dict.fromkeys(RECORD), "outside_agent": known}
        facts = (str(self.weights), self.card.all_steps, round(self.card.all_seconds, 1))
        track = {"track": track_of(self.card.agent)} if suite.has_success else {}
        return dict(zip(RECORD, facts, strict=True)) | track

    @property
    def training(self) -> str:
        """The length of the training in words."""
        if self.card is None:
            return "an agent from outside, whose training is not known"
        return f"{count(self.card.all_steps)} steps of training"


def load_subject(path: str, greedy: bool = False) -> Subject:
    """Load an agent.

    Args:
        path: A run's folder, a checkpoint's folder, a .safetensors file, or pretrained/NAME; or
            package.module:Name, see `eval.adapters.loading`.
        greedy: Take the most likely action at each step instead of a sampled one.

    Raises:
        UserError: There is no such agent.
    """
    if is_outside(path):
        return Subject(path, OutsideAgent(path, greedy))
    weights = weights_of(path)
    agent, card = load_agent(weights)
    agent.greedy = greedy
    return Subject(path, agent, weights, card)


def choose_suite(
    subject: Subject,
    given: Suite | None,
    split: str,
    num_trials: int,
    episodes_per_trial: int | None = None,
) -> Any:
    """Choose the suite to evaluate on: the given one, or the suite of the agent's training.

    Args:
        subject: The agent.
        given: The suite that the user chose, if any.
        split: Split of the tasks.
        num_trials: Number of tasks.
        episodes_per_trial: If given, instead of the suite's.

    Returns:
        The suite on `num_trials` tasks of the split.

    Raises:
        UserError: The agent cannot act in the suite, none is known or it has no tables, or there
            are too few trials.
    """
    suite = subject.suite if given is None else given
    if suite is None:
        raise UserError(
            f"the suite of the training of agent {subject.path} is not known; give one, such as "
            "suite=mazes/walk_small"
        )
    require_kind(subject.path, subject.suite, suite.kind)
    _require_figures(suite)
    if episodes_per_trial is not None:
        suite = suite.with_episodes(episodes_per_trial)
    if num_trials < 1:
        raise UserError(f"num_trials is {num_trials}; it must be at least 1")
    if num_trials < 2 and not suite.has_success:
        raise UserError(f"num_trials is {num_trials}; standard errors need at least 2")
    require_fit(subject, suite)
    return suite.with_split(split, num_trials)


def require_kind(path: str, trained: Suite | None, kind: str) -> None:
    """Raise a `UserError` if an agent was trained on another kind of suite.

    Args:
        path: The agent's name.
        trained: Suite of its training; None if it is not known.
        kind: Of the suite that it is to play.
    """
    if trained is None:
        return
    trained_on = trained.row_kind if isinstance(trained, MixedSuite) else trained.kind
    if kind not in (trained_on, trained.kind):
        raise UserError(
            f"agent {path} was trained on the suite {trained_on!r}; it cannot act in {kind!r}"
        )


def _require_figures(suite: Suite) -> None:
    """Raise a `UserError` for a suite of a plug-in that no table describes."""
    if not isinstance(suite, MazeSuite | TabularSuite | MixedSuite):
        raise UserError(
            f"suite {suite.kind!r} is neither of mazes nor a TabularSuite, and has no tables here; "
            "measure the agent in Python, with rl2_mazes.run_trials(agent, suite)"
        )


def require_fit(subject: Subject, suite: Suite) -> None:
    """Raise a `UserError` if the agent cannot act in the suite."""
    try:
        subject.agent_for(suite)
    except UserError as error:
        if subject.weights is None:
            raise
        raise UserError(
            f"{subject.weights}: {error}; choose another suite=... or agent=..."
        ) from error


def require_success(suite: Suite, path: str) -> None:
    """Raise a `UserError` if episodes of the suite cannot succeed: there is nothing to film."""
    if not suite.has_success:
        raise UserError(
            f"agent {path} acts in {suite.kind}, whose episodes cannot succeed; evaluate it with "
            f"rl2 eval agent={path}"
        )
