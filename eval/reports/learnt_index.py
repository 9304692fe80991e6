"""Figure of the page of results: what a bandit agent has learnt, beside Gittins' index.

The agent pulls one arm alone and sees s successes and f failures, in random orders. Its score of
the arm is then the log-odds of pulling it rather than any of the arms that it has never touched,
among which it chooses by chance. By Gittins' index, an arm is worth pulling rather than an
untouched one if its index is above the untouched arm's, with as many pulls left.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...agents.networks.actor_critic import ActorCritic
from ...bandits.gittins_index import finite_horizon_rows, finite_horizon_table, triangle
from ...bandits.suite import BanditSuite
from ...core.shapes import Float
from ...core.types import TimeStep
from ..video.png import write_figure

MOST = 15  # successes and failures
ORDERS = 16  # random orders of successes and failures, over which scores are averaged


class Learnt(NamedTuple):
    """Preference for an arm over untouched ones, by successes and failures, [M + 1, M + 1]."""

    agent: Tensor  # log-odds
    gittins: Tensor  # difference of finite-horizon indices


@torch.no_grad()
def scores(
    agent: ActorCritic, suite: BanditSuite, most: int, seed: int = 0
) -> Float[Tensor, "n n"]:
    """Log-odds of an arm against all untouched ones together.

    Args:
        agent: Agent for bandits of the suite's size.
        suite: Bernoulli bandits of at least 2 `most` + 1 pulls.
        most: M, most successes and most failures.
        seed: Seed of the orders of successes and failures.

    Returns:
        [M + 1, M + 1] float32 by successes and failures.
    """
    agent = agent.for_spaces(suite.spaces)
    successes = torch.arange(most + 1).repeat_interleave((most + 1) * ORDERS)
    failures = torch.arange(most + 1).repeat_interleave(ORDERS).repeat(most + 1)
    pulls, size = successes + failures, (2 * most + 1, len(successes))
    time = torch.arange(size[0])[:, None]
    # A random order: the successes are the pulls with the smallest of random ranks.
    rng = torch.Generator().manual_seed(seed)
    lots = torch.rand(size, generator=rng).masked_fill(time >= pulls, 2.0)
    paid = (lots.argsort(0).argsort(0) < successes).float()
    first = (time == 0).expand(size)
    # Step t follows pull t - 1.
    reward = torch.cat((torch.zeros(1, size[1]), paid[:-1]))
    zeros = torch.zeros(size, dtype=torch.int64)
    steps = TimeStep(zeros, zeros, reward, ~first, first)
    log_probs = agent.forward(steps, agent.initial_carry(size[1])).log_probs
    here = log_probs[pulls, torch.arange(size[1])]  # after the last pull
    odds = here[:, 0] - here[:, 1:].logsumexp(-1)
    return odds.view(most + 1, most + 1, ORDERS).mean(-1)


def gittins_scores(num_pulls: int, most: int) -> Float[Tensor, "n n"]:
    """Finite-horizon index of an arm less that of an untouched one with as many pulls left.

    Returns:
        [M + 1, M + 1] float32 by successes and failures.
    """
    table, starts = finite_horizon_table(num_pulls), finite_horizon_rows(num_pulls)
    wins = torch.arange(most + 1)[:, None]
    pulls = wins + torch.arange(most + 1)
    start = torch.tensor(starts)[num_pulls - pulls]
    return table[start + triangle_of(pulls) + wins] - table[start]


def triangle_of(pulls: Tensor) -> Tensor:
    """`triangle` of each entry."""
    return torch.tensor([triangle(n) for n in range(int(pulls.max()) + 1)])[pulls]


def learnt(agent: ActorCritic, suite: BanditSuite, most: int = MOST) -> Learnt:
    """The agent's scores and Gittins'."""
    return Learnt(scores(agent, suite, most), gittins_scores(suite.num_pulls, most))


def agreement(content: Learnt) -> float:
    """Spearman's rank correlation of the two, over all counts."""
    ranks = torch.stack([each.flatten().argsort().argsort().double() for each in content])
    return torch.corrcoef(ranks)[0, 1].item()


def draw_learnt(agent: ActorCritic, suite: BanditSuite, path: Path) -> Path:
    """Write the figure: the agent's scores, Gittins', and one against the other."""
    from matplotlib.figure import Figure

    content = learnt(agent, suite)
    figure = Figure(figsize=(13, 4), dpi=100, layout="constrained")
    panels = figure.subplots(1, 3)
    names = ("the agent's log-odds", "Gittins' index, less that of an untouched arm")
    for axes, values, name in zip(panels, content, names, strict=False):
        _heat(figure, axes, values, name)
    axes = panels[2]
    total = torch.arange(MOST + 1)[:, None] + torch.arange(MOST + 1)
    x, y, colour = (each.flatten().numpy() for each in (content.gittins, content.agent, total))
    dots = axes.scatter(x, y, c=colour, cmap="viridis", s=12)
    figure.colorbar(dots, ax=axes, label="pulls of the arm")
    axes.axhline(0, color="grey", lw=0.8)
    axes.axvline(0, color="grey", lw=0.8)
    axes.set(xlabel="Gittins' index, less that of an untouched arm", ylabel="the agent's log-odds")
    axes.set_title(f"{suite.name}: rank correlation {agreement(content):.3f}", fontsize=10)
    axes.grid(alpha=0.3)
    write_figure(figure, path, 256)
    return path


def _heat(figure: Any, axes: Any, values: Tensor, title: str) -> None:
    """A map by successes and failures with a line where an untouched arm is as good."""
    from matplotlib.colors import TwoSlopeNorm

    grid = values.numpy()
    norm = TwoSlopeNorm(0, min(grid.min(), -1e-6), max(grid.max(), 1e-6))
    axis = range(len(grid))
    mesh = axes.pcolormesh(axis, axis, grid, cmap="RdBu_r", norm=norm)
    axes.contour(axis, axis, grid, levels=[0], colors="black", linewidths=1.2)
    figure.colorbar(mesh, ax=axes)
    marks = range(0, len(grid), 3)
    axes.set(xlabel="failures", ylabel="successes", xticks=marks, yticks=marks)
    axes.set_title(title, fontsize=10)
