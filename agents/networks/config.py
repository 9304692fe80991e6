"""The settings of the RL² network (`agents.networks.rl2_agent`); the paper's own are in conf/agent."""

from dataclasses import dataclass, field

from ...core.errors import UserError
from ...core.registries import AGENTS
from ..memory.kernels.gru_torch import CANDIDATES


@AGENTS.register("rl2")
@dataclass
class RL2Settings:
    """Settings of the network; those of the paper are conf/agent/duan2016*.yaml.

    Attributes:
        conv: Convolutions over images; per layer: channels, kernel side, stride.
        dense_size: Width of the layer on top of what is seen; 0 for none.
        feedback_size: Width of the layer on top of what is fed back; 0 for none. It has one of its
            own, since beside hundreds of image features the one step that says "a new episode"
            would drown.
        fusion_sizes: Widths of further layers on top of both together.
        hidden_size: Units of the GRU.
        candidate_activation: What makes the GRU's candidate of its sum: tanh or relu.
        update_gate_bias: Of the GRU's update gate at first; above 0 it mostly keeps what it remembers. The
            units that `pair_inputs` gives to pairs have one of their own.
        separate_value: The value has a GRU of its own, on the same features, and the carry holds
            both. Where nothing before the GRUs is learnt, policy and value then share no weight.
        skip_connection: The heads see both layers beside the memory, so that the memory need not repeat
            what is in view (Beck et al. 2023 found that it helps; not in the paper).
        memory_layer_norm: The heads see the memory normalised (Ba et al. 2016). What a memory with a long
            span adds in a step is small; the heads' weights would take long to grow to read it.
        pair_inputs: With states instead of images: what is fed back is bound to the pair of state and
            action that it belongs to, and goes straight into the memory, where each pair begins
            with units of its own, see `agents.networks.pair_inputs`.
        per_state_heads: With states instead of images: every state has policy and value heads of its
            own, so that what is remembered can be looked up.
        privileged_critic: In training the value is told what the policy has to find out: the task,
            and where in it the agent stands (Pinto et al. 2017); and of bandits and MDPs actions
            are credited with what they lose on the best ones, see `core.types.Privileged`. That
            leaves less to chance in the advantages. What the agent sees, and how it acts, is the
            same.
        aux_prediction: In training what the policy sees, its memory above all, has to foretell what a
            privileged critic is told, as far as it can be known: of mazes where the agent stands,
            where the target lies and how the way there leads (an auxiliary task, as in Mirowski
            et al. 2017; not in the paper). How much that counts is the learner's `aux_coef`.
        weight_norm: Every layer but policy and value head learns the direction of each unit's
            weights and their norm apart (Salimans and Kingma 2016).
    """

    conv: list[list[int]] = field(default_factory=lambda: [[16, 8, 4], [32, 4, 2]])
    dense_size: int = 128
    feedback_size: int = 64
    fusion_sizes: list[int] = field(default_factory=list)
    hidden_size: int = 128
    candidate_activation: str = "tanh"
    update_gate_bias: float = 1.0
    separate_value: bool = False
    skip_connection: bool = True
    memory_layer_norm: bool = False
    pair_inputs: bool = False
    per_state_heads: bool = False
    privileged_critic: bool = False
    aux_prediction: bool = False
    weight_norm: bool = False

    def __post_init__(self):
        for name in ("dense_size", "feedback_size"):
            if getattr(self, name) < 0:
                raise UserError(f"agent.{name} is {getattr(self, name)}; it must be 0 or more")
        if self.hidden_size < 1:
            raise UserError(f"agent.hidden_size is {self.hidden_size}; it must be at least 1")
        if any(size < 1 for size in self.fusion_sizes):
            raise UserError(f"agent.fusion_sizes is {self.fusion_sizes}; each must be at least 1")
        if self.candidate_activation not in CANDIDATES:
            raise UserError(
                f"agent.candidate_activation is {self.candidate_activation}; it must be tanh or relu"
            )
        if self.pair_inputs and (self.dense_size or self.feedback_size or self.fusion_sizes):
            raise UserError(
                "agent.pair_inputs needs agent.dense_size=0, agent.feedback_size=0 and no "
                "agent.fusion_sizes: what is bound goes straight into the memory"
            )
        if self.pair_inputs and (self.weight_norm or self.candidate_activation != "tanh"):
            raise UserError(
                "agent.pair_inputs needs agent.weight_norm=false and agent.candidate_activation=tanh"
            )
        if self.aux_prediction and not self.privileged_critic:
            raise UserError(
                "agent.aux_prediction needs agent.privileged_critic=true: the memory has to foretell "
                "what that critic is told"
            )
        if any(len(layer) != 3 or min(layer) < 1 for layer in self.conv):
            raise UserError(
                f"agent.conv is {self.conv}; each layer is [channels, kernel side, stride]"
            )
