"""Settings of the RL² network; the presets in conf/agent/ are sets of them."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ...core.errors import UserError
from ...core.registries.choice import choice, require_choices
from ...core.registries.groups import AGENTS, MEMORIES
from ...core.types import Spaces
from ...core.validation import check, count
from ..memory.gru import GRUSettings
from .actor_critic import AUX, RECKONED, ActorCritic


@AGENTS.register("rl2")
@dataclass
class RL2Settings:
    """Settings of the RL² network.

    Attributes:
        conv: Convolutions over images; per layer: channels, kernel side, stride.
        dense_size: Width of the layer on top of the observation; 0 for none.
        feedback_size: Width of the layer on top of the feedback (previous action, reward, done);
            0 for none. Feedback has a layer of its own because among hundreds of image features
            the one input that marks a new episode would drown.
        fusion_sizes: Widths of the fusion MLP over both.
        memory: The memory; chosen with `agent/memory=`, its keys are `agent.memory.KEY`.
        separate_value: The value has a memory of its own on the same features, and the carry holds
            both. If no layer before the memories is learned, policy and value share no weight.
        skip_connection: The heads get the memory's inputs beside its outputs, so that the memory
            need not store the present observation (helpful in Beck et al. 2023; not in the paper).
        privileged_critic: In training, the value takes privileged features, given to the critic:
            the task and the state within it (Pinto et al. 2017). In bandits and MDPs the training
            reward is also the advantage of the optimal policy, see `core.types.Privileged`. Both
            lower the variance of advantages. Observations and acting stay the same.
        aux: An auxiliary loss in training (as in Mirowski et al. 2017; not in the paper): the
            policy's inputs, above all its memory, predict labels as far as they can be known.
            none; privileged, which are the critic's privileged features, in mazes the pose, the
            target's position and the shortest path; dead_reckoning, the pose and the position of a
            target that was found, from the agent's own actions and rewards; hindsight, the same
            and the target also before it is found, which the rollout shows later; paths, hindsight
            and the shortest path to the target through cells that were walked, also later; or
            visits, dead_reckoning and whether the present cell and its neighbours were visited
            before in this trial, and how long ago. Its weight is the learner's `aux_coef`, and that
            of the visits `visits_coef`.
        map_radius: Cells that a map of the agent's own shows to each side: where it has been, and
            where it found the target, by dead reckoning from its own actions and rewards
            (`mazes.reckoning.egocentric`); the feedback layer takes it. 0 for no map, as in the
            paper.
        weight_norm: Weight normalisation (Salimans and Kingma 2016) of every layer except the
            policy and value heads.
    """

    kind: ClassVar[str] = "rl2"
    takes_bfloat16: ClassVar[bool] = True
    init_only: ClassVar[frozenset[str]] = frozenset()
    added: ClassVar[dict[str, Any]] = {"map_radius": 0}

    conv: list[list[int]] = count([[16, 8, 4], [32, 4, 2]])  # noqa: RUF009
    dense_size: int = count(128, least=0)
    feedback_size: int = count(64, least=0)
    fusion_sizes: list[int] = count([])  # noqa: RUF009
    memory: Any = choice(MEMORIES, GRUSettings)  # noqa: RUF009
    separate_value: bool = False
    skip_connection: bool = True
    privileged_critic: bool = False
    aux: str = "none"
    map_radius: int = count(0, least=0)
    weight_norm: bool = False

    def __post_init__(self):
        check(self, "agent")
        require_choices(self)
        if self.aux not in AUX:
            raise UserError(f"agent.aux is {self.aux}; it must be one of {', '.join(AUX)}")
        if self.aux == "privileged" and not self.privileged_critic:
            raise UserError(
                "agent.aux=privileged needs agent.privileged_critic=true: the memory predicts that "
                "critic's privileged features"
            )
        if self.aux in RECKONED and self.privileged_critic:
            raise UserError(
                f"agent.aux={self.aux} is for training without privileged information: it needs "
                "agent.privileged_critic=false"
            )
        if any(len(layer) != 3 for layer in self.conv):
            raise UserError(
                f"agent.conv is {self.conv}; each layer is [channels, kernel side, stride]"
            )

    def build(self, spaces: Spaces) -> ActorCritic:
        """Build an agent with initial weights, drawn from torch's global generator."""
        from .rl2_agent import RL2Agent  # here, because the network takes these settings

        return RL2Agent(spaces, self)
