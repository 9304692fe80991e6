"""Content of the page, from top to bottom, as plain values for the template."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from ....core.formatting import NONE, Cell, Table, count, percent
from ....core.metrics import METRICS, Metric
from ....core.storage.provenance import read_origins
from ....core.storage.run_folder import flat_settings
from ...metrics.intervals import Interval
from ..metric_cells import cell, stored
from .curves import compared_curves, learning_curves
from .differences import comparable, differences
from .distributions import length_charts
from .estimates import behaviour_charts, control_chart, seed_chart
from .groups import Group
from .runs import EvaluatedRun
from .tables import (
    controls,
    difference_summary,
    difference_table,
    gains,
    overview,
    results,
    seed_name,
    what_was_run,
)

INTERVALS = (
    "95 %: Wilson's for shares, Student's for means, a paired bootstrap over mazes for ratios of "
    "sums; Student's over seeds where several seeds are averaged"
)
UNDEFINED = "undefined, such as the length of no successes"
CONTENTS = (
    ("results", "Results"),
    ("differences", "Differences"),
    ("learning", "Learning"),
    ("lengths", "Path lengths"),
    ("paths", "Paths and films"),
    ("behaviour", "Behaviour"),
    ("controls", "Controls"),
    ("run", "Runs"),
    ("notes", "How to read it"),
)


def content_of(groups: Sequence[Group]) -> dict[str, Any]:
    """Content that needs no simulator."""
    runs = [run for group in groups for run in group.runs]
    several = len(groups) > 1
    settings, seeds, incomparable = _differences(groups)
    shown = [key for key in CONTENTS if key[0] != "differences" or settings or seeds]
    return {
        "title": "How much shorter is the second path?",
        "lead": _lead(groups),
        "tiles": _tiles(groups[0]),
        "tiles_speak": _tiles_speak(groups),
        "contents": shown,
        "overview": overview(groups) if several else None,
        "groups": [_group(group) for group in groups],
        "differences": {"settings": settings, "seeds": seeds},
        "incomparable": incomparable,
        "compared": compared_curves(groups) if several else [],
        "batteries": [_battery(run) for run in runs if run.battery is not None],
        "first_run": str(runs[0].folder),
        "what_was_run": what_was_run(groups),
        "definitions": definitions(runs),
    }


def definitions(runs: Sequence[EvaluatedRun]) -> list[tuple[str, str]]:
    """Titles and meanings of the metrics that any run has, of intervals and of `none`."""
    metrics = [
        (metric.title, metric.meaning)
        for metric in METRICS.all().values()
        if any(metric.name in run.results for run in runs)
    ]
    return [*metrics, ("intervals", INTERVALS), (NONE, UNDEFINED)]


def _group(group: Group) -> dict[str, Any]:
    suite = group.runs[0].suite
    return {
        "name": group.name,
        "results": results(group),
        "published": suite.published(),
        "gains": gains(group) if group.episodes > 1 else None,
        "seeds": seed_chart(group),
        "curves": learning_curves(group),
        "lengths": length_charts(group),
        "behaviour": behaviour_charts(group),
        "facts": _facts(group),
    }


def _facts(group: Group) -> list[tuple[str, str]]:
    """The main settings, in words."""
    run = group.runs[0]
    tasks, rules = run.suite.tasks, run.suite.rules
    greedy = run.results.get("greedy", False)
    how = "chosen by the agent" if run.is_outside else "sampled from the policy"
    actions = "the likeliest action at each step" if greedy else f"actions are {how}"
    facts = [
        (
            "test mazes",
            f"{count(len(run.mazes))}, each once: {tasks.rooms}x{tasks.rooms} rooms, generator "
            f"{tasks.generator}, loops {tasks.loops}, split {tasks.split_name}, seed {tasks.seed}",
        ),
        (
            "rules",
            f"{rules.movement} movement, horizon {rules.horizon} steps, {group.episodes} episodes "
            f"a trial, {rules.target_reward:+g} at the target, {rules.step_penalty:g} a step, "
            f"{rules.wall_penalty:g} a wall hit",
        ),
        ("simulator", f"{run.results['engine']}; {actions}"),
    ]
    trained = (run.results["trained_on"] or {}).get("tasks", {})
    if trained:
        facts.append(
            (
                "training mazes",
                f"{count(trained.get('num_mazes', 0))}: "
                f"{trained.get('rooms')}x{trained.get('rooms')} "
                f"rooms, generator {trained.get('generator')}, split {trained.get('split')}"
                + " by layout"
                * (trained.get("split_by") == "layout"),
            )
        )
    for part in ("agent", "learner"):
        if settings := run.config.get(part):
            flat = flat_settings(settings)
            facts.append((part, ", ".join(f"{key} {value}" for key, value in flat.items())))
    if run.is_outside:
        return facts + _outside_facts(run.results["outside_agent"])
    weights = ", ".join(str(each.results["checkpoint"]) for each in group.runs)
    facts.append(("checkpoint" if len(group.runs) == 1 else "checkpoints", weights))
    for key, name in (("hardware", "device"), ("commit", "commit"), ("torch", "torch")):
        found = dict.fromkeys(str(each[key]) for each in _origins(group) if each.get(key))
        if found:
            facts.append((f"{name} of the training", ", ".join(found)))
    return facts


def _origins(group: Group) -> list[dict[str, Any]]:
    """Starts of the trainings; none of an agent whose run is gone."""
    folders = [each for run in group.runs for each in (run.folder, run.folder.parent)]
    return [each for folder in folders for each in read_origins(folder)]


def _outside_facts(known: dict[str, Any]) -> list[tuple[str, str]]:
    """Facts about an agent from outside."""
    return [
        ("agent", f"{known['name']}, from outside: {known['wraps'] or known['class']}"),
        ("training", "not known"),
        ("versions", ", ".join(f"{name} {text}" for name, text in known["versions"].items())),
    ]


def _differences(groups: Sequence[Group]) -> tuple[list[Table], list[Table], list[str]]:
    """Every pair of settings; the seeds of each against its first; and what cannot be compared."""
    rng = np.random.default_rng(0)
    settings, seeds, incomparable = [], [], []
    for first, second in combinations(groups, 2):
        if all(comparable(first.runs[0], run) for run in second.runs):
            found = differences(first, second, rng)
            settings.append(difference_table(first.name, second.name, found))
        else:
            incomparable.append(
                f"{first.name} and {second.name} were evaluated on different mazes or rules: "
                "no differences."
            )
    for group in groups:
        first, *others = [Group(seed_name(run), (run,)) for run in group.runs]
        if others:
            found = {other.name: differences(first, other, rng) for other in others}
            seeds.append(difference_summary(f"{first.name} of {group.name}", found))
    return settings, seeds, incomparable


def _battery(run: EvaluatedRun) -> dict[str, Any]:
    assert run.battery is not None
    figures = run.battery
    stated = _signed(percent(*stored(figures, "shortening_lost_by_reset")))
    return {
        "name": run.name,
        "stated": f"shortening lost by the memory reset {stated}; "
        f"{count(figures.get('trials', 0))} trials "
        f"a condition in {figures.get('engine', 'an unknown simulator')}",
        "chart": control_chart(run),
        "tables": controls(run),
    }


def _lead(groups: Sequence[Group]) -> str:
    num_runs = sum(len(group.runs) for group in groups)
    run = groups[0].runs[0]
    rooms = run.suite.tasks.rooms
    mazes = f"{count(len(run.mazes))} test mazes of {rooms}×{rooms} rooms"
    names = ", ".join(group.name for group in groups)
    counted = "One run" if num_runs == 1 else f"{num_runs} runs"
    elsewhere = " (the first of them)" if len(groups) > 1 else ""
    return (
        f"{counted} of {names}; {mazes}, {run.suite.rules.movement} movement, "
        f"in {run.results['engine']}{elsewhere}."
    )


def _tiles(group: Group) -> list[tuple[str, Cell]]:
    """The metrics at the top of the page."""
    shown = [("success", 0), ("length", 0)]
    if group.episodes > 1:
        shown += [("length", 1), ("length_ratio", None), ("gap_closed", None)]
    metrics = METRICS.all()
    tiles = [(metrics[name], k, *group.estimate(name, k)) for name, k in shown]
    shortest = float(np.mean([run.shortest[:, 0].mean() for run in group.runs]))
    return [_tile(*each) for each in [*tiles, (metrics["shortest_length"], None, shortest, None)]]


def _tile(
    metric: Metric, episode: int | None, value: float | None, interval: Interval | None
) -> tuple[str, Cell]:
    title = metric.title if episode is None else f"{metric.title}, episode {episode + 1}"
    shown = cell(metric, value, interval)
    return title, _signed(shown) if metric.unit == "share" else shown


def _signed(share: Cell) -> Cell:
    """A share with its unit."""
    return share if share.text == NONE else replace(share, text=f"{share.text} %")


def _tiles_speak(groups: Sequence[Group]) -> str:
    group = groups[0]
    whose = f"{group.name}: " if len(groups) > 1 else ""
    if len(group.runs) > 1:
        return f"{whose}mean over {len(group.runs)} seeds, 95 % intervals over seeds."
    return f"{whose}one agent, 95 % intervals over mazes."
