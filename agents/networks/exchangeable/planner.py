"""Planning by messages along observed transitions: from states to the pairs that led there.

    P(s' | s, a) = (N(s, a, s') + 1) / (N(s, a) + S)        posterior mean under a flat Dirichlet
    m(s)    = pooled over a: W z(s, a)                      message of a state
    z(s, a) = relu(U e(s, a) + V sum_s' P(s' | s, a) m(s'))  next round

A learnt form of value iteration (compare Tamar et al. 2016): each round looks one step further.
"""

import torch
from torch import Tensor, nn

from ....core.shapes import Float


class Planner(nn.Module):
    """Message passing between pairs and states; the same weights for every state, action, round.

    Args:
        num_features: Features of a pair.
        size: Features of a message.
        rounds: How far it looks ahead.
    """

    def __init__(self, num_features: int, size: int, rounds: int):
        super().__init__()
        self.rounds = rounds
        self.size = size
        self.own = nn.Linear(num_features, size)
        self.received = nn.Linear(size, size, bias=False)
        self.sent = nn.Linear(2 * size, size)

    def forward(
        self,
        pairs: Float[Tensor, "batch states actions features"],
        counts: Float[Tensor, "batch states actions states"],
    ) -> Float[Tensor, "batch states actions size"]:
        """Features of each pair that tell what follows it.

        Args:
            pairs: Features of pairs.
            counts: Observed transitions.
        """
        batch, num_states, num_actions, _ = pairs.shape
        seen = counts.sum(-1, keepdim=True)
        chances = ((counts + 1) / (seen + num_states)).flatten(1, 2)
        own = self.own(pairs)
        z = own.relu()
        for _ in range(self.rounds):
            message = self.sent(torch.cat((z.mean(2), z.amax(2)), -1)).tanh()  # [B, S, size]
            arrived = torch.bmm(chances, self.received(message))
            z = (own + arrived.view(batch, num_states, num_actions, -1)).relu()
        return z
