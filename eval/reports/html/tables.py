"""The page's tables, as rows of cells; how they look is the template's business."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ....mazes.published import PublishedResult
from ...controls.conditions import GROUPS
from ...metrics.intervals import Interval
from ..formatting import NONE, Cell, Table, count, number, percent, ratio, steps
from ..metric_cells import stored
from .differences import Difference
from .groups import Group
from .runs import EvaluatedRun


def what_was_run(groups: Sequence[Group]) -> Table:
    """A row a run: seeds, steps, seconds, simulator."""
    rows = [
        [
            Cell(run.name),
            Cell(group.name),
            Cell(str(run.config.get("seed", "unknown"))),
            Cell(count(run.results["train_steps"])),
            Cell(count(run.results["train_seconds"])),
            Cell(str(run.config.get("device", "unknown"))),
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


def results(group: Group) -> Table:
    """A row an episode, beside what was published on such mazes."""
    suite = group.runs[0].suite
    published = suite.published()
    header = ["episode", "success, %", "steps of successes", "steps of all", "SPL"]
    header += [
        "over the shortest",
        "shortest way",
        *(f"{each.agent}, published" for each in published),
    ]
    rows = [
        [
            Cell(str(k + 1)),
            percent(*group.estimate("success", k)),
            number(*group.estimate("length", k)),
            number(*group.estimate("length_all", k)),
            number(*group.estimate("spl", k), digits=3),
            number(*group.estimate("over_shortest", k), digits=3),
            number(_mean([float(run.shortest[:, k].mean()) for run in group.runs])),
            *(_cited(each, k) for each in published),
        ]
        for k in range(group.episodes)
    ]
    return Table(f"{group.name}: each episode. {_speaks(group)}", header, rows)


def gains(group: Group) -> Table:
    """What episode 2 gained over episode 1: a row a seed, and one for their mean."""
    suite = group.runs[0].suite
    several = len(group.runs) > 1
    rows = []
    if several:
        rows.append([Cell("mean"), *(show(*group.estimate(name)) for name, _, show in GAINS)])
    for run in group.runs:
        cells = [show(*stored(run.results, name)) for name, _, show in GAINS]
        rows.append([Cell(seed_name(run)), *cells])
    for each in suite.published():
        if each.not_longer is not None:
            cited = {"not_longer": percent(each.not_longer)}
            cells = [cited.get(name, Cell("")) for name, *_ in GAINS]
            rows.append([Cell(f"{each.agent}, published"), *cells])
    seeds = " That of a seed is over mazes." if several else ""
    caption = f"{group.name}: the second way beside the first. {_speaks(group)}{seeds}"
    return Table(caption, ["", *(title for _, title, _ in GAINS)], rows)


GAINS = (
    ("length_ratio", "length ratio, both successful", ratio),
    ("length_ratio_all", "length ratio, all trials", ratio),
    ("shorter", "strictly shorter, %", percent),
    ("equal", "as long, %", percent),
    ("longer", "longer, %", percent),
    ("not_longer", "no longer, as the paper counts, %", percent),
    ("gap_closed", "possible gain, %", percent),
    ("gap_closed_all", "the same over all trials, %", percent),
)


def overview(groups: Sequence[Group]) -> Table:
    """A row a group: what matters most."""
    header = ["settings", "seeds", "success, %", "steps, episode 1", "steps, episode 2"]
    header += ["length ratio", "possible gain, %", "SPL, episode 2"]
    rows = []
    for group in groups:
        last = min(group.episodes, 2) - 1
        rows.append(
            [
                Cell(group.name),
                Cell(str(len(group.runs))),
                percent(*group.estimate("success", last)),
                number(*group.estimate("length", 0)),
                number(*group.estimate("length", 1)) if last else Cell(NONE),
                ratio(*group.estimate("length_ratio")),
                percent(*group.estimate("gap_closed")),
                number(*group.estimate("spl", last), digits=3),
            ]
        )
    return Table("All settings side by side.", header, rows)


def difference_table(first: str, second: str, found: Sequence[Difference]) -> Table:
    """A row a figure: both, and what lies between them."""
    rows = [
        [
            Cell(each.figure),
            _in_unit(each, each.first),
            _in_unit(each, each.second),
            _in_unit(each, each.value, each.interval),
        ]
        for each in found
    ]
    return Table(f"{second} against {first}", ["", first, second, "difference"], rows)


def difference_summary(first: str, found: Mapping[str, Sequence[Difference]]) -> Table:
    """A row a group, by its name: all its differences to the first."""
    header = ["", *(each.figure for each in next(iter(found.values())))]
    rows = [
        [Cell(name), *(_in_unit(each, each.value, each.interval) for each in differences)]
        for name, differences in found.items()
    ]
    return Table(f"Differences to {first}", header, rows)


def _in_unit(each: Difference, value: float, interval: Interval | None = None) -> Cell:
    return {"steps": number, "%": percent, "length_ratio": ratio}[each.unit](value, interval)


def controls(run: EvaluatedRun) -> list[tuple[str, Table, list[tuple[str, str]]]]:
    """Of each group of conditions: its name, its table, and what its conditions mean."""
    assert run.battery is not None
    header = ["condition", "success, %", "steps of successes", "shortest", "SPL"]
    header += ["length ratio", "shorter, %", "possible gain, %", "over all, %"]
    found = []
    for name in GROUPS:
        members = [each for each in run.battery.get("conditions", []) if each["group"] == name]
        if members:
            table = Table(f"{run.name}: {name}", header, [_condition(each) for each in members])
            found.append((name, table, [(e["condition"], e["meaning"]) for e in members]))
    return found


def _condition(each: dict[str, Any]) -> list[Cell]:
    def of_episodes(figure: str, show: Callable[..., Cell] = number) -> Cell:
        return Cell(", ".join(show(value).text for value in each.get(figure, [])[:2]))

    return [
        Cell(each["condition"]),
        of_episodes("success", percent),
        of_episodes("length"),
        of_episodes("shortest_length"),
        of_episodes("spl", partial(number, digits=2)),
        ratio(*stored(each, "length_ratio")),
        percent(each.get("shorter")),
        percent(*stored(each, "gap_closed")),
        percent(each.get("gap_closed_all")),
    ]


def seed_name(run: EvaluatedRun) -> str:
    """What a run is called among those of its group."""
    return f"seed {run.config['seed']}" if "seed" in run.config else run.name


def _speaks(group: Group) -> str:
    if len(group.runs) > 1:
        return f"Means over {len(group.runs)} seeds, 95 % intervals over seeds."
    return "95 % intervals over mazes, of this one agent."


def _cited(result: PublishedResult, k: int) -> Cell:
    if k >= len(result.length):
        return Cell("")
    length = steps(result.length[k], result.length_reach[k] if result.length_reach else None)
    success = f" ({percent(result.success[k])} %)" if result.success else ""
    return Cell(f"{length.text}{success}", length.interval)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
