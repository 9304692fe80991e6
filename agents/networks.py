"""The parts of the RL² network: encoders of what is seen and fed back, and the memory."""

import math

import torch
from torch import Tensor, nn

from trials.shapes import Bool, Float


class ImageEncoder(nn.Module):
    """Convolutions over an image, flattened.

    Args:
        image_shape: (height, width, channels).
        conv: Per layer: channels out, kernel side, stride; no padding.
    """

    def __init__(self, image_shape: tuple[int, int, int], conv: list[list[int]]):
        super().__init__()
        height, width, channels = image_shape
        layers: list[nn.Module] = []
        for out, kernel, stride in conv:
            layers += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
            height, width = (height - kernel) // stride + 1, (width - kernel) // stride + 1
            channels = out
            if height < 1 or width < 1:
                raise ValueError(f"conv {conv} is too large for images of {image_shape}")
        # Frames come channels-last, and twice as fast on a CPU as in torch's default layout.
        self.conv = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore
        self.num_features = channels * height * width

    def forward(self, image: Tensor) -> Tensor:
        """[N, H, W, C] uint8 to [N, num_features]."""
        scaled = image.permute(0, 3, 1, 2).float().mul_(2 / 255).sub_(1)  # still channels-last
        return self.conv(scaled).flatten(1)


class StateEncoder(nn.Module):
    """One-hot states."""

    def __init__(self, num_states: int):
        super().__init__()
        self.num_features = num_states

    def forward(self, state: Tensor) -> Tensor:
        """[N] int64 to [N, num_states]."""
        return nn.functional.one_hot(state, self.num_features).float()


class TrialGRU(nn.Module):
    """A GRU whose state starts from zero at each trial's first step (Duan et al. 2016, 2.2)."""

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.cell = nn.GRUCell(input_size, hidden_size)
        nn.init.orthogonal_(self.cell.weight_ih)
        for gate in self.cell.weight_hh.chunk(3):
            nn.init.orthogonal_(gate)
        nn.init.zeros_(self.cell.bias_ih)
        with torch.no_grad():  # the update gate, at first mostly keeping what is remembered
            self.cell.bias_ih.chunk(3)[1].fill_(1.0)
        nn.init.zeros_(self.cell.bias_hh)

    def step(
        self,
        x: Float[Tensor, "batch features"],
        first: Bool[Tensor, " batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "batch hidden"]:
        """One step for every copy; returns the new carry, which is also the output."""
        return self.cell(x, carry * ~first[:, None])

    def forward(
        self,
        x: Float[Tensor, "time batch features"],
        first: Bool[Tensor, "time batch"],
        carry: Float[Tensor, "batch hidden"],
    ) -> Float[Tensor, "time batch hidden"]:
        """The same as `step` in a loop, with every trial a sequence of its own.

        The recurrence is then as long as the longest trial and not as the rollout, and what runs
        side by side is all trials and not just all copies. (On a CPU this loop is 2.5 times as
        fast, forward and backward, as torch's own GRU over the same packed sequences.)
        """
        time, batch = first.shape
        starts = first.clone()
        starts[0] = True
        # Number segments copy by copy, and look up where each begins and how long it is.
        begin = starts.T.reshape(-1).nonzero().squeeze(1)  # in copy-major order
        length = torch.diff(begin, append=begin.new_tensor([time * batch]))
        order = length.argsort(descending=True, stable=True)
        begin, length = begin[order], length[order]
        tick = torch.arange(int(length[0]), device=x.device)[:, None]
        alive = tick < length  # [longest, segments]
        at = (begin + tick)[alive]
        rows = (at % time) * batch + at // time  # time-major position of each packed row
        sizes = alive.sum(1).tolist()

        copy = begin // time
        hidden = carry[copy] * ~first[begin % time, copy][:, None]
        cell = self.cell
        x_gates = torch.addmm(cell.bias_ih, x.flatten(0, 1)[rows], cell.weight_ih.T)
        outputs = []
        for x_gate, size in zip(x_gates.split(sizes), sizes, strict=True):
            hidden = hidden[:size]  # the segments that are still going on; the longest come first
            r_x, z_x, n_x = x_gate.chunk(3, 1)
            r_h, z_h, n_h = torch.addmm(cell.bias_hh, hidden, cell.weight_hh.T).chunk(3, 1)
            new = torch.addcmul(n_x, (r_x + r_h).sigmoid(), n_h).tanh()
            hidden = torch.lerp(new, hidden, (z_x + z_h).sigmoid())
            outputs.append(hidden)
        packed = torch.cat(outputs)
        return torch.empty_like(packed).index_copy(0, rows, packed).unflatten(0, (time, batch))


def orthogonal(layer: nn.Linear, gain: float = math.sqrt(2)) -> nn.Linear:
    """Orthogonal weights, zero bias."""
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer
