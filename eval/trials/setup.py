"""Set-up of an evaluation: the agent, the suite to evaluate it on, and their checks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agents.networks.actor_critic import ActorCritic
from ...agents.training.checkpoint import AgentCard, find_weights, load_agent
from ...core.errors import UserError
from ...core.suite import Suite, suite_of
from ...core.tabular.mixed_suite import MixedSuite


@dataclass(frozen=True)
class Subject:
    """A trained agent to evaluate.

    Attributes:
        path: The agent as the user named it.
        weights: Its file of weights.
        agent: The network.
        card: Its training.
    """

    path: str
    weights: Path
    agent: ActorCritic
    card: AgentCard

    @property
    def suite(self) -> Any:
        """The suite of the agent's training."""
        return suite_of(self.card.suite)


def load_subject(path: str, greedy: bool = False) -> Subject:
    """Load a trained agent.

    Args:
        path: A run's folder, a checkpoint's folder, a .safetensors file, or pretrained/NAME.
        greedy: Take the most likely action at each step instead of a sampled one.
    """
    weights = find_weights(Path(path))
    agent, card = load_agent(weights)
    agent.greedy = greedy
    return Subject(path, weights, agent, card)


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
        UserError: The agent cannot act in the suite, or there are too few trials.
    """
    trained = subject.suite
    trained_on = trained.row_kind if isinstance(trained, MixedSuite) else trained.kind
    suite = trained if given is None else given
    if suite.kind not in (trained_on, trained.kind):
        raise UserError(
            f"agent {subject.path} was trained on the suite {trained_on!r}; it cannot act in "
            f"{suite.kind!r}"
        )
    if episodes_per_trial is not None:
        suite = suite.with_episodes(episodes_per_trial)
    if num_trials < 1:
        raise UserError(f"num_trials is {num_trials}; it must be at least 1")
    if num_trials < 2 and not suite.has_success:
        raise UserError(f"num_trials is {num_trials}; standard errors need at least 2")
    require_fit(subject, suite)
    return suite.with_split(split, num_trials)


def require_fit(subject: Subject, suite: Suite) -> None:
    """Raise a `UserError` if the agent cannot act in the suite."""
    try:
        subject.agent.for_spaces(suite.spaces)
    except UserError as error:
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
