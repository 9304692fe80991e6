"""Probes: ridge regression in closed form, and an MLP with one hidden layer.

Both are trained on some trials and used on others. A share of the training trials is set aside, to
choose the ridge penalty of each label, and the pass after which the MLP stops.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

PENALTIES = tuple(10.0**power for power in range(-1, 6))
HIDDEN = 256
PASSES = 60
PATIENCE = 6  # passes without progress after which the MLP stops
MINIBATCH = 1024
LR, WEIGHT_DECAY = 1e-3, 1e-4


class Standard:
    """Columns with mean 0 and deviation 1 on the training steps; constant ones become 0."""

    def __init__(self, x: Tensor):
        self.mean, std = x.mean(0), x.std(0)
        varies = std > 1e-6
        self.std = std * varies
        self._inverse = varies / std.where(varies, 1)

    def __call__(self, x: Tensor) -> Tensor:
        """Standardise."""
        return (x - self.mean) * self._inverse

    def back(self, x: Tensor) -> Tensor:
        """Undo."""
        return x * self.std + self.mean


def fit_linear(
    x: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    validation: np.ndarray,
    columns: Mapping[str, slice],
) -> np.ndarray:
    """Ridge regression; the penalty of each label is that with the least validation error.

    Args:
        x: [S, F] float32 features.
        y: [S, D] float32 values of labels.
        train: [S] bool, steps to train on.
        validation: [S] bool, steps to choose the penalty on.
        columns: Columns of `y`, by label.

    Returns:
        [S, D] float32, predictions at all steps.
    """
    given, wanted = torch.from_numpy(x), torch.from_numpy(y)
    chosen = torch.from_numpy(train)
    scale, units = Standard(given[chosen]), Standard(wanted[chosen])
    inputs, outputs = scale(given), units(wanted)
    gram = inputs[chosen].T @ inputs[chosen]
    moment = inputs[chosen].T @ outputs[chosen]
    held = torch.from_numpy(validation)
    weights = []
    for penalty in PENALTIES:
        regularised = gram + penalty * torch.eye(len(gram))
        weights.append(torch.linalg.solve(regularised.double(), moment.double()).float())
    best = torch.empty_like(weights[0])
    for span in columns.values():
        errors = [
            (inputs[held] @ each[:, span] - outputs[held][:, span]).square().mean()
            for each in weights
        ]
        best[:, span] = weights[int(torch.stack(errors).argmin())][:, span]
    return units.back(inputs @ best).numpy()


def fit_mlp(
    x: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    validation: np.ndarray,
    columns: Mapping[str, slice],
    seed: int,
) -> np.ndarray:
    """An MLP with `HIDDEN` units for all labels, each of the same weight in the loss.

    Args:
        x: See `fit_linear`, as the next four.
        y: See there.
        train: See there.
        validation: Steps that tell when to stop.
        columns: See there.
        seed: Seed of initial weights and minibatches.
    """
    given, wanted = torch.from_numpy(x), torch.from_numpy(y)
    chosen = torch.from_numpy(train)
    scale, units = Standard(given[chosen]), Standard(wanted[chosen])
    inputs, outputs = scale(given), units(wanted)
    held = torch.from_numpy(validation)
    weight = torch.empty(outputs.shape[1])
    for span in columns.values():
        weight[span] = 1 / (len(columns) * (span.stop - span.start))
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            *(nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, len(weight)))
        )
    optimiser = torch.optim.AdamW(net.parameters(), LR, weight_decay=WEIGHT_DECAY)
    steps = chosen.nonzero().squeeze(1)
    least, since, best = torch.inf, 0, {}
    for _ in range(PASSES):
        for rows in steps[torch.randperm(len(steps), generator=rng)].split(MINIBATCH):
            loss = ((net(inputs[rows]) - outputs[rows]).square() * weight).sum(1).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            now = ((net(inputs[held]) - outputs[held]).square() * weight).sum(1).mean().item()
        since = 0 if now < least else since + 1
        if now < least:
            least = now
            best = {name: value.clone() for name, value in net.state_dict().items()}
        if since == PATIENCE:
            break
    net.load_state_dict(best)
    with torch.no_grad():
        return units.back(net(inputs)).numpy()
