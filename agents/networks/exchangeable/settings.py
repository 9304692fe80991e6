"""Settings of the exchangeable agent."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ....core.registries.choice import choice, require_choices
from ....core.registries.groups import AGENTS, MEMORIES
from ....core.types import Spaces
from ....core.validation import check, count, positive
from ...memory.mean import MeanSettings
from ..actor_critic import ActorCritic


@AGENTS.register("exchangeable")
@dataclass
class ExchangeableSettings:
    """Settings of the exchangeable agent.

    Attributes:
        memory: Memory of each pair, one whose output is a function of its carry; chosen with
            `agent/memory=`, its keys are `agent.memory.KEY`.
        embedding_size: Features of a pair that the heads read, and units of the heads.
        logit_scale: Scores of actions are multiplied by it. Weights of ordinary size then make a
            policy that tells two well-known actions apart; with 1 that takes very long to learn.
        max_update_gate_bias: In a memory that has an update gate, its biases start at equal
            distances from 0 to this: spans from 2 visits to many.
        planning_rounds: Most steps that value iteration over the observed transitions looks ahead;
            0 for no planning.
        planning_size: Learnt rewards of each pair that it plans with.
        privileged_critic: In training, the value takes privileged features (Pinto et al. 2017).
        optimal_advantage: The training reward is the advantage of the action under the optimal
            policy for the known task, see `core.types.Privileged`; if false, the reward itself.
    """

    kind: ClassVar[str] = "exchangeable"
    init_only: ClassVar[frozenset[str]] = frozenset({"max_update_gate_bias"})
    aux: ClassVar[str] = "none"

    memory: Any = choice(MEMORIES, MeanSettings)  # noqa: RUF009
    embedding_size: int = count(32)
    logit_scale: float = positive(30.0)
    max_update_gate_bias: float = 5.0
    planning_rounds: int = count(0, least=0)
    planning_size: int = count(4)
    privileged_critic: bool = True
    optimal_advantage: bool = True

    def __post_init__(self):
        check(self, "agent")
        require_choices(self)

    def build(self, spaces: Spaces) -> ActorCritic:
        """Build an agent with initial weights, drawn from torch's global generator.

        Raises:
            UserError: The suite has pictures, or trials of no fixed length; or the memory's output
                is no function of its carry.
        """
        from .agent import ExchangeableAgent  # here, because the network takes these settings

        return ExchangeableAgent(spaces, self)
