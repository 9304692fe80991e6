"""Settings of the exchangeable agent."""

from dataclasses import dataclass
from typing import ClassVar

from ....core.errors import UserError
from ....core.registries.groups import AGENTS
from ....core.types import Spaces
from ....core.validation import check, count
from ..actor_critic import ActorCritic

PAIR_MEMORIES = ("gru", "mean")


@AGENTS.register("exchangeable")
@dataclass
class ExchangeableSettings:
    """Settings of the exchangeable agent.

    Attributes:
        memory: Memory of each pair: `mean`, sums of learnt features of its outcomes, or `gru`.
        hidden_size: Units of each pair's memory.
        embedding_size: Features of a pair that the heads read, and units of the heads.
        max_update_gate_bias: Update-gate biases of the units start at equal distances from 0 to
            this: spans from 2 visits to many.
        planning_rounds: Most steps that value iteration over the observed transitions looks ahead;
            0 for no planning.
        planning_size: Learnt rewards of each pair that it plans with.
        privileged_critic: In training, the value takes privileged features (Pinto et al. 2017).
        optimal_advantage: The training reward is the advantage of the action under the optimal
            policy for the known task, see `core.types.Privileged`; if false, the reward itself.
    """

    kind: ClassVar[str] = "exchangeable"
    init_only: ClassVar[frozenset[str]] = frozenset({"max_update_gate_bias"})
    aux_prediction: ClassVar[bool] = False

    memory: str = "gru"
    hidden_size: int = count(32)
    embedding_size: int = count(32)
    max_update_gate_bias: float = 5.0
    planning_rounds: int = count(0, least=0)
    planning_size: int = count(4)
    privileged_critic: bool = True
    optimal_advantage: bool = True

    def __post_init__(self):
        check(self, "agent")
        if self.memory not in PAIR_MEMORIES:
            raise UserError(
                f"agent.memory is {self.memory!r}; it must be one of {list(PAIR_MEMORIES)}"
            )

    def build(self, spaces: Spaces) -> ActorCritic:
        """Build an agent with initial weights, drawn from torch's global generator.

        Raises:
            UserError: The suite has pictures, or trials of no fixed length.
        """
        from .agent import ExchangeableAgent  # here, because the network takes these settings

        return ExchangeableAgent(spaces, self)
