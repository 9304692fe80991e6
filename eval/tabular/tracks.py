"""Tracks: kinds of agents that tables keep apart, and what is known of an agent's training.

An agent with a memory of one arm learns from every pull what the plain network has to learn for
each arm anew; an agent of many rows has seen none of them as often as one of its own. Agents of one
row and different tracks are therefore never averaged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...agents.networks.actor_critic import ActorCritic
from ...agents.training.checkpoint import AgentCard
from ...core.suite import suite_of
from ...core.tabular.mixed_suite import MixedSuite

PLAIN, DUAN2016, EXCHANGEABLE = "plain", "duan2016", "exchangeable"
ONE_AGENT, ALGORITHMS = "one_agent", "algorithms"
OUTSIDE = "outside"  # agents that are not of this project; each is a column of its own
TRACKS = {
    PLAIN: "RL², plain",
    DUAN2016: "RL², the authors' network",
    EXCHANGEABLE: "RL², exchangeable",
    ONE_AGENT: "RL², one agent for many rows",
    ALGORITHMS: "human-designed algorithms",
}


@dataclass(frozen=True)
class Training:
    """Training of an agent, as far as tables tell.

    Attributes:
        track: One of `TRACKS`, or `OUTSIDE`, of which the fields below are None: not known.
        trained_on: Names of the rows that it was trained on, separated by spaces; without those
            of a training before a warm start.
        steps: Agent steps, including those before a warm start.
        privileged_critic: Whether the critic was given the task.
        optimal_advantage: Whether the training reward was the advantage under the optimal policy.
        warm_start: Whether it was warm-started from another agent's weights.
    """

    track: str
    trained_on: str | None = None
    steps: int | None = None
    privileged_critic: bool | None = None
    optimal_advantage: bool | None = None
    warm_start: bool | None = None

    @property
    def title(self) -> str:
        """Track and privileged information, for headers of tables."""
        words = privileged(bool(self.privileged_critic), bool(self.optimal_advantage))
        return TRACKS[self.track] + f", privileged {words}" * bool(words)

    @classmethod
    def of(cls, agent: ActorCritic, card: AgentCard) -> "Training":
        """The training of a loaded agent."""
        suite = suite_of(card.suite)
        mixed = isinstance(suite, MixedSuite)
        return cls(
            track=ONE_AGENT if mixed else track_of(card.kind, card.agent),
            trained_on=" ".join(each.name for each in (suite.suites if mixed else [suite])),
            steps=card.all_steps,
            privileged_critic=bool(card.agent.get("privileged_critic")),
            optimal_advantage=agent.uses_training_reward,
            warm_start=card.init_steps > 0,
        )


def is_own_row(trained_on: str, row: str) -> bool:
    """Whether an agent was trained on a row."""
    return row in trained_on.split()


def privileged(critic: bool, reward: bool) -> str:
    """The help of the known task in a training: critic, reward, both or nothing."""
    words = {"critic": critic, "reward": reward}
    return " and ".join(word for word, used in words.items() if used)


def track_of(kind: str, settings: Mapping[str, Any]) -> str:
    """The track of an agent that was trained on one row.

    Args:
        kind: Of agent, a name in `AGENTS`.
        settings: Of the agent; weight normalisation marks the authors' network.
    """
    if kind == EXCHANGEABLE:
        return EXCHANGEABLE
    return DUAN2016 if settings.get("weight_norm") else PLAIN
