"""Decoded maps: the walls and the target that a probe reads from a memory, beside the true ones."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ..reports.html.canvas import Chart
from ..trials.runner import TrialLog
from .features import FRAME
from .labels import Labels

CELL = 10  # units of a cell's side
RANKS = ("best", "median", "worst")
TRUE = "true map"


class DecodedTrial(NamedTuple):
    """Maps of one held-out trial.

    Attributes:
        title: Rank and number of the trial.
        maps: The true map, and that decoded from each set of features, with their names.
    """

    title: str
    maps: list[tuple[str, Chart]]


def decoded_trials(
    log: TrialLog, labels: Labels, found: Mapping[str, np.ndarray], held_out: np.ndarray
) -> list[DecodedTrial]:
    """Maps of the held-out trials whose walls are read best, in the middle, and worst.

    They are read at the first step of episode 2, or at the last step of trials of one episode.

    Args:
        log: N trials.
        labels: Of their steps.
        found: Predictions [S, D] by name of the features, the memory's first.
        held_out: [N] bool.
    """
    trials = np.flatnonzero(held_out).tolist()
    steps = [moment(log, trial) for trial in trials]
    walls = labels.columns["walls"]
    memory = next(iter(found.values()))
    error = ((memory[steps, walls] - labels.values[steps, walls]) ** 2).sum(1)
    order = np.argsort(error, kind="stable").tolist()
    chosen = [order[0], order[(len(order) - 1) // 2], order[-1]]
    sources = {TRUE: labels.values} | {
        name: values for name, values in found.items() if name != FRAME
    }
    return [
        DecodedTrial(
            f"{rank}: trial {trials[index]}",
            [
                (name, _map(labels, values[steps[index]], steps[index], f"{name}, {rank}"))
                for name, values in sources.items()
            ],
        )
        for rank, index in zip(RANKS, chosen, strict=True)
    ]


def moment(log: TrialLog, trial: int) -> int:
    """The step at which a trial's map is read."""
    if log.length.shape[1] > 1:
        return log.steps(trial, 1).start
    return log.steps(trial, 0).stop - 1


def _map(labels: Labels, values: np.ndarray, step: int, alt: str) -> Chart:
    """The window around the start as SVG: the darker a cell, the surer its wall."""
    reach = int(np.abs(labels.window).max())
    side = (2 * reach + 1) * CELL
    centre = reach * CELL + CELL / 2
    open_cells = values[labels.columns["walls"]].clip(0, 1)
    target = values[labels.columns["target"]]
    x, y = centre + target[0] * CELL, centre - target[1] * CELL
    marks = [f'<path d="M{centre - 3} {centre - 3}v6l6-3z" fill="var(--accent)"/>']
    marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.4" fill="var(--bad)"/>')
    right = ((open_cells > 0.5) == (labels.values[step, labels.columns["walls"]] > 0.5)).mean()
    text = f"Map, {alt}: {100 * right:.0f} % of its cells right."
    svg = [
        f'<svg viewBox="0 0 {side} {side}" aria-hidden="true" shape-rendering="crispEdges">',
        *(_solid(row, col, 1.0) for row, col in _pillars(reach)),
        *(
            _solid(row + reach, col + reach, 1 - share)
            for (row, col), share in zip(labels.window.tolist(), open_cells.tolist(), strict=True)
        ),
        *marks,
        "</svg>",
    ]
    return Chart("".join(svg), text)


def _pillars(reach: int) -> Iterator[tuple[int, int]]:
    """Cells that are solid in every maze."""
    for row in range(-reach, reach + 1):
        for col in range(-reach, reach + 1):
            if row % 2 and col % 2:
                yield row + reach, col + reach


def _solid(row: int, col: int, share: float) -> str:
    if share < 0.02:
        return ""
    place = f'x="{col * CELL}" y="{row * CELL}" width="{CELL}" height="{CELL}"'
    return f'<rect {place} fill="var(--ink)" fill-opacity="{0.85 * share:.2f}"/>'
