"""A figure: reward against steps of training, on each row of tables 1 and 2.

Lines are learning curves of published agents: mean total rewards of the trials that end in
training. Points are their results on fresh tasks, by regret where it was measured: the median over
seeds, and a bar down to the worst. Agents of a mixture have played steps of other rows as well; all
of them count.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .....agents.networks.exchangeable.settings import ExchangeableSettings
from .....agents.zoo.cards import Card
from .....core.suite import suite_of
from .....core.tabular.suite import TabularSuite, tabular_suites
from ....tabular.tracks import (
    ALGORITHMS,
    DUAN2016,
    EXCHANGEABLE,
    ONE_AGENT,
    PLAIN,
    TRACKS,
    track_of,
)
from ....video.png import write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Summary = Mapping[str, Mapping[str, Mapping[str, Any]]]  # see results/summary.json

FIGURE = "tabular_learning.png"
METRIC = "trial_return"
COLUMNS = 5
TITLES = {"bandits": "bandits", "mdps": "MDPs"}
STEPS = (3e4, 4e9)  # shown
LEAST = 0.6  # share of the gain over random actions at which a panel begins
COLOURS = {PLAIN: "#0072B2", DUAN2016: "#56B4E9", EXCHANGEABLE: "#D55E00", ONE_AGENT: "#009E73"}

SECTION = f"""\
## Tables 1 and 2: reward against steps of training

![reward against steps of training](results/figures/{FIGURE})

Points: total reward of a trial on fresh tasks, by regret where it was measured; the median over
seeds, with a bar down to the worst. Lines: mean total reward of the trials that end in training,
of agents whose curves are in the tree; those that were warm-started begin late. Steps are of one
training, with those before a warm start; those of one agent for many rows are of all its rows.
Steps of the paper's agents are read by eye off its learning curves; those of SNAIL are not known. A
panel begins at {LEAST:.0%} of what the yardstick gains over random actions; a triangle at its lower
edge is an agent that earns less.
"""


class Curve(NamedTuple):
    """Learning curve of an agent on a row."""

    track: str
    steps: list[float]
    values: list[float]


def learning_section(summary: Summary) -> list[str]:
    """Section of the page with the figure; nothing if no agent was measured."""
    return [SECTION] if any(summary.get(track) for track in COLOURS) else []


def draw_learning(
    curves: Mapping[str, Mapping[str, Sequence[Any]]],
    cards: Sequence[Card],
    summary: Summary,
    folder: Path,
) -> Path | None:
    """Write the figure, with a panel for each row of the summary.

    Args:
        curves: Learning curves by agent, see `agents.publish.thin`.
        cards: Cards of the published agents.
        summary: Results by track and row.
        folder: Folder of the figures.

    Returns:
        Path of the figure; None if the summary has no results.
    """
    from matplotlib.figure import Figure

    suites = _suites(summary)
    if not suites:
        return None
    lines = curves_by_row(curves, cards)
    height = -(-len(suites) // COLUMNS)
    figure = Figure(figsize=(3 * COLUMNS, 2.6 * height + 0.6), dpi=100, layout="constrained")
    panels = figure.subplots(height, COLUMNS, squeeze=False).flatten()
    for axes, (row, suite) in zip(panels, suites.items(), strict=False):
        _draw_panel(axes, row, suite, lines.get(row, []), summary)
    for index, axes in enumerate(panels):
        axes.set_visible(index < len(suites))
        if index % COLUMNS == 0:
            axes.set_ylabel("reward of a trial")
        if index + COLUMNS >= len(suites):
            axes.set_xlabel("steps of training")
    named = {}
    for axes in panels[: len(suites)]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=3, frameon=False)
    path = folder / FIGURE
    write_figure(figure, path, colours=256)  # of few pixels each
    return path


def curves_by_row(
    curves: Mapping[str, Mapping[str, Sequence[Any]]], cards: Sequence[Card]
) -> dict[str, list[Curve]]:
    """Learning curves of tabular agents by row, such as k5_n10 or n10."""
    found: dict[str, list[Curve]] = {}
    for card in cards:
        curve, kind = curves[card.name], card.config["suite"]["kind"]
        if kind in tabular_suites():
            metrics = {suite_of(card.config["suite"]).name: METRIC}
            agent = card.config["agent"]
            track = EXCHANGEABLE if _is_exchangeable(agent) else track_of("rl2", agent)
        else:  # a mixture has a curve for each of its rows; mazes have none
            names = (name for name in curve if name.endswith(f"/{METRIC}"))
            metrics = {name.split("/")[1]: name for name in names}
            track = ONE_AGENT
        for row, metric in metrics.items():
            pairs = zip(curve["steps"], curve.get(metric, ()), strict=False)
            points = [(steps, value) for steps, value in pairs if value is not None]
            if points:
                steps, values = map(list, zip(*points, strict=True))
                found.setdefault(row, []).append(Curve(track, steps, values))
    return found


def _is_exchangeable(agent: Mapping[str, Any]) -> bool:
    """Whether a card's settings are those of an exchangeable agent."""
    return agent.keys() <= {field.name for field in fields(ExchangeableSettings)}


def _suites(summary: Summary) -> dict[str, TabularSuite]:
    """Suites of the rows of the tables that the summary has results of, table after table."""
    known = {row for rows in summary.values() for row in rows}
    suites = {}
    for kind in tabular_suites().values():
        printed = dict.fromkeys(row for table in kind.published_tables for row in table.rows)
        suites |= {row: kind.from_name(row) for row in printed if row in known}
    return suites


def _draw_panel(
    axes: "Axes", row: str, suite: TabularSuite, curves: Sequence[Curve], summary: Summary
) -> None:
    for curve in curves:
        axes.plot(curve.steps, curve.values, lw=1, alpha=0.6, color=COLOURS[curve.track])
    results = {track: summary[track][row] for track in COLOURS if row in summary.get(track, {})}
    best = next((each["yardstick"] for each in results.values()), None)
    algorithm = summary.get(ALGORITHMS, {}).get(row)
    if algorithm is not None:
        best = algorithm["yardstick"] or algorithm["median"]
    bottom = -math.inf
    if best is not None:
        name = "finite-horizon Gittins; best algorithm known (MDPs)"
        axes.axhline(best, color="black", lw=1, label=name)
        random = suite.expected_random()
        gain = best - random
        bottom = random + LEAST * gain
        axes.set_ylim(bottom, best + 0.08 * gain)
    for track, result in results.items():
        _draw_result(axes, track, result, bottom)
    _draw_published(axes, row, suite)
    axes.set(xscale="log", xlim=STEPS, title=f"{TITLES[suite.kind]}, {row}")
    axes.grid(alpha=0.3)


def _draw_result(axes: "Axes", track: str, result: Mapping[str, Any], bottom: float) -> None:
    style = {"color": COLOURS[track], "mec": "black", "zorder": 3, "label": TRACKS[track]}
    steps, median = result["steps"], result["median"]
    if median < bottom:
        style |= {"label": f"{style['label']}, below the panel", "ms": 8, "clip_on": False}
        axes.plot([steps], [bottom], marker="v", ls="", **style)
    else:
        axes.errorbar(
            [steps], [median], [[median - result["worst"]], [0.0]], fmt="o", ms=6, **style
        )


def _draw_published(axes: "Axes", row: str, suite: TabularSuite) -> None:
    """Printed results; a line where the steps of training are not known."""
    for table in suite.published_tables:
        snail = table.total(row, "snail", suite.episodes_per_trial)
        if snail is not None:
            axes.axhline(snail, color="grey", lw=1.2, ls="--", label="SNAIL (steps unknown)")
        rl2 = table.total(row, "rl2", suite.episodes_per_trial)
        if rl2 is not None and row in table.steps:
            style = {"marker": "*", "ms": 11, "ls": "", "color": COLOURS[DUAN2016], "mec": "black"}
            axes.plot(table.steps[row], rl2, label="RL² (paper)", zorder=3, **style)
