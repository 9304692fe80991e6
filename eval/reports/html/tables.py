"""Tables of the page, as rows of cells."""

from collections.abc import Mapping, Sequence
from typing import Any

from ....core.formatting import NONE, Cell, Table, count, percent
from ....core.metrics import METRICS, Metric
from ...controls.conditions import GROUPS
from ..metric_cells import cell, comparison_metrics, episode_metrics, heading, stored
from ..metric_cells import published as published_cell
from .differences import Difference
from .groups import Group
from .runs import EvaluatedRun


def what_was_run(groups: Sequence[Group]) -> Table:
    """A row per run: seeds, steps, seconds, simulator."""
    rows = [
        [
            Cell(run.name),
            Cell(group.name),
            Cell(str(run.config.get("seed", "not known" if run.is_outside else "unknown"))),
            *_training(run),
            Cell(count(run.results["trials"])),
            Cell(str(run.results["seed"])),
            Cell(run.results["engine"]),
            Cell(count(run.results["seconds"])),
        ]
        for group in groups
        for run in group.runs
    ]
    header = ["run", "settings", "seed", "training steps", "training, s", "device"]
    header += ["trials", "seed of actions", "simulator", "evaluation, s"]
    return Table("Wall-clock seconds, of the machine that each ran on.", header, rows)


def _training(run: EvaluatedRun) -> list[Cell]:
    """Steps, seconds and device of a training."""
    if run.is_outside:
        return [Cell("outside agent"), Cell("not known"), Cell("not known")]
    return [
        Cell(count(run.results["train_steps"])),
        Cell(count(run.results["train_seconds"])),
        Cell(str(run.config.get("device", "unknown"))),
    ]


def results(group: Group) -> Table:
    """A row per metric and per published result of such mazes, a column per episode."""
    episodes = range(group.episodes)
    rows = [
        [Cell(heading(metric)), *(cell(metric, *group.estimate(metric.name, k)) for k in episodes)]
        for metric in episode_metrics(_held(group.runs))
    ]
    for each in group.runs[0].suite.published():
        rows.append(
            [Cell(f"{each.agent}, published"), *(published_cell(each, k) for k in episodes)]
        )
    header = ["", *(f"episode {k + 1}" for k in episodes)]
    return Table(f"{group.name}: each episode. {_speaks(group)}", header, rows)


def gains(group: Group) -> Table:
    """A row per metric that compares episodes 1 and 2; a column per seed and for their mean."""
    several = len(group.runs) > 1
    cited = [each for each in group.runs[0].suite.published() if each.not_longer is not None]
    header = ["", *(["mean"] if several else []), *map(seed_name, group.runs)]
    header += [f"{each.agent}, published" for each in cited]
    rows = []
    for metric in comparison_metrics(_held(group.runs)):
        estimates = [group.estimate(metric.name)] if several else []
        estimates += [stored(run.results, metric.name) for run in group.runs]
        cells = [cell(metric, *estimate) for estimate in estimates]
        for each in cited:
            cells.append(percent(each.not_longer) if metric.name == "not_longer" else Cell(""))
        rows.append([Cell(heading(metric)), *cells])
    seeds = " Those of a seed are over mazes." if several else ""
    caption = f"{group.name}: episode 2 compared with episode 1. {_speaks(group)}{seeds}"
    return Table(caption, header, rows)


def _held(runs: Sequence[EvaluatedRun]) -> dict[str, None]:
    """Names of the metrics that any of the runs has."""
    return {name: None for run in runs for name in run.results}


def overview(groups: Sequence[Group]) -> Table:
    """A row per group with the metrics that matter most."""
    columns = [("success", 1), ("length", 0), ("length", 1), ("length_ratio", None)]
    columns += [("gap_closed", None), ("spl", 1)]
    metrics = METRICS.all()
    header = ["settings", "seeds"]
    for name, k in columns:
        header.append(heading(metrics[name], k))
    rows = []
    for group in groups:
        cells = [
            cell(metrics[name], *group.estimate(name, k))
            if k is None or k < group.episodes
            else Cell(NONE)
            for name, k in columns
        ]
        rows.append([Cell(group.name), Cell(str(len(group.runs))), *cells])
    return Table("All settings side by side.", header, rows)


def difference_table(first: str, second: str, found: Sequence[Difference]) -> Table:
    """A row per metric: both groups and their difference."""
    rows = [
        [
            Cell(heading(each.metric, each.episode)),
            cell(each.metric, each.first),
            cell(each.metric, each.second),
            cell(each.metric, each.value, each.interval),
        ]
        for each in found
    ]
    return Table(f"{second} against {first}", ["", first, second, "difference"], rows)


def difference_summary(first: str, found: Mapping[str, Sequence[Difference]]) -> Table:
    """A row per group: its differences to the first."""
    header = ["", *(heading(each.metric, each.episode) for each in next(iter(found.values())))]
    rows = [
        [Cell(name), *(cell(each.metric, each.value, each.interval) for each in differences)]
        for name, differences in found.items()
    ]
    return Table(f"Differences to {first}", header, rows)


def controls(run: EvaluatedRun) -> list[tuple[str, Table, list[tuple[str, str]]]]:
    """For each group of conditions: its name, its table, and the meanings of its conditions."""
    assert run.battery is not None
    conditions = run.battery.get("conditions", [])
    held = {name: None for each in conditions for name in each}
    metrics = episode_metrics(held, headline=True) + comparison_metrics(held, headline=True)
    header = ["condition", *map(heading, metrics)]
    found = []
    for name in GROUPS:
        members = [each for each in conditions if each["group"] == name]
        if members:
            rows = [
                [Cell(each["condition"]), *(_of_condition(metric, each) for metric in metrics)]
                for each in members
            ]
            meanings = [(each["condition"], each["meaning"]) for each in members]
            found.append((name, Table(f"{run.name}: {name}", header, rows), meanings))
    return found


def _of_condition(metric: Metric, each: dict[str, Any]) -> Cell:
    """A comparison of a condition; or the values of episodes 1 and 2."""
    if metric.compares:
        return cell(metric, *stored(each, metric.name))
    values = each.get(metric.name, [])[:2]
    return Cell(", ".join(cell(metric, value).text for value in values))


def seed_name(run: EvaluatedRun) -> str:
    """Name of a run within its group."""
    return f"seed {run.config['seed']}" if "seed" in run.config else run.name


def _speaks(group: Group) -> str:
    if len(group.runs) > 1:
        return f"Means over {len(group.runs)} seeds, 95 % intervals over seeds."
    return "95 % intervals over mazes, of this one agent."
