"""An agent: the RL² network behind a coarse camera, which is faster to train."""

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor
from torch.nn.functional import avg_pool2d

from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import AGENTS
from rl2_mazes.core.types import Spaces
from rl2_mazes.core.validation import count


@AGENTS.register("coarse")
@dataclass
class CoarseSettings(RL2Settings):
    """Settings of the agent: those of `RL2Settings`, and one more.

    Attributes:
        block: Side of the squares of pixels that it sees as one.
    """

    kind: ClassVar[str] = "coarse"

    block: int = count(5)

    def build(self, spaces: Spaces) -> RL2Agent:
        """Build an agent with initial weights."""
        return CoarseAgent(spaces, self)


class CoarseAgent(RL2Agent):
    """An RL² agent that sees the mean colours of squares of pixels."""

    def __init__(self, spaces: Spaces, settings: CoarseSettings):
        if spaces.image_shape is None:
            raise UserError("agent=coarse needs images; choose a suite of mazes")
        height, width, channels = spaces.image_shape
        seen = (height // settings.block, width // settings.block, channels)
        super().__init__(replace(spaces, image_shape=seen), settings)
        self.spaces, self.block = spaces, settings.block

    def encode(self, obs: Tensor) -> Tensor:
        """Features of images [N, H, W, 3] uint8."""
        pixels = obs.permute(0, 3, 1, 2).float()
        coarse = avg_pool2d(pixels, self.block).permute(0, 2, 3, 1)
        return super().encode(coarse.to(obs.dtype).contiguous())
