"""Standings: results of each track on each row, over seeds, from the tables in results/.

Agents of one table.json, track and row are seeds of one training. Of several files with a track,
the one that is named after the track counts in the summary, such as results/bandits/plain.json;
others are trainings beside it, such as ablations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ...agents.zoo.cards import PREFIX
from ...core.errors import UserError
from ...core.tabular.suite import tabular_suites
from .tracks import ALGORITHMS, ONE_AGENT, TRACKS, is_own_row

Tables = Mapping[str, dict[str, Any]]  # contents of table.json files, by name such as mdps/plain

BY_REGRET = "by_regret"  # begin of the names of tables of algorithms measured for `ALGORITHMS`
EXTRA_ROWS = {"bandits": ["k50_n1000"], "mdps": []}  # published by SNAIL's authors alone
YARDSTICKS = {"bandits": "gittins_finite"}  # elsewhere, or where it was not run: the best algorithm
RUNS = "runs/"
SAME_IN_SEEDS = ("trained_on", "steps", "privileged_critic", "optimal_advantage", "warm_start")


@dataclass(frozen=True)
class Standing:
    """Results of the seeds of one training, or of one algorithm, on one row.

    Attributes:
        row: The row's name.
        track: One of `TRACKS`.
        source: Name of the table, such as bandits/plain.
        cells: Its cells of the table, one a seed; see `eval.tabular.cells.Cell`.
    """

    row: str
    track: str
    source: str
    cells: tuple[dict[str, Any], ...]

    @property
    def metric(self) -> str:
        """by_regret where it was measured, else mean: total reward of a trial."""
        measured = all(cell.get("by_regret") is not None for cell in self.cells)
        return "by_regret" if measured else "mean"

    @property
    def values(self) -> list[float]:
        """The metric of each seed, greatest first."""
        return sorted((cell[self.metric] for cell in self.cells), reverse=True)

    @property
    def standard_error(self) -> float:
        """Standard error of a single seed's value."""
        return self.cells[0]["by_regret_se" if self.metric == "by_regret" else "se"]

    @property
    def median(self) -> float:
        """Median over seeds."""
        return median(self.values)

    @property
    def steps(self) -> int:
        """Steps of training, the median over seeds; 0 for algorithms."""
        return round(median(cell.get("steps") or 0 for cell in self.cells))

    @property
    def is_own_row(self) -> bool:
        """Whether the agents were trained on the row."""
        trained_on = self.cells[0].get("trained_on")
        return trained_on is not None and is_own_row(trained_on, self.row)


def published_as(cell: dict[str, Any]) -> str:
    """The path of a cell's agent once published: runs/NAME becomes pretrained/NAME."""
    name = cell["algorithm"]
    return f"{PREFIX}/{name.removeprefix(RUNS)}" if name.startswith(RUNS) else name


def rows_of(kind: str) -> list[str]:
    """Names of the rows of a suite's table: the paper's and those that others published."""
    return [*tabular_suites()[kind].paper_rows(), *EXTRA_ROWS[kind]]


def standings(kind: str, tables: Tables) -> list[Standing]:
    """All standings of a suite's agents, in the order of the rows and tracks.

    Raises:
        UserError: Agents of a file, track and row are of different trainings.
    """
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for name, table in tables.items():
        for cell in table["cells"] if table["settings"].get("suite") == kind else ():
            track = cell.get("track", ALGORITHMS)
            own = track == ONE_AGENT or is_own_row(cell.get("trained_on") or "", cell["row"])
            if track != ALGORITHMS and own:
                groups.setdefault((cell["row"], track, name), []).append(cell)
    found = []
    for (row, track, name), cells in groups.items():
        _require_seeds(name, cells)
        found.append(Standing(row, track, name, tuple(cells)))
    order = rows_of(kind)
    last, tracks = len(order), list(TRACKS)

    def rank(each: Standing) -> tuple[Any, ...]:
        place = order.index(each.row) if each.row in order else last
        # Behind the rows of the table by size: numbers in a name count as numbers.
        size = [int("".join(filter(str.isdigit, part))) for part in each.row.split("_")]
        return place, size if place == last else [], tracks.index(each.track), each.source

    return sorted(found, key=rank)


def best_algorithm(kind: str, tables: Tables, row: str) -> Standing | None:
    """The algorithm of the greatest return by regret on a row.

    Where none was measured by regret, the one of the greatest mean return. None if none was run.
    """
    return _greatest(_algorithms(kind, tables, row))


def yardstick(kind: str, tables: Tables, row: str) -> Standing | None:
    """The algorithm that agents are compared with; None if none was run.

    It is finite-horizon Gittins for bandits, and the best algorithm known elsewhere.
    """
    found = _algorithms(kind, tables, row)
    wanted = [each for each in found if each.cells[0]["algorithm"] == YARDSTICKS.get(kind)]
    return _greatest(wanted) or _greatest(found)


def standing_of(found: Sequence[Standing], track: str, row: str) -> Standing | None:
    """The standing of a track on a row that counts; None if there is none."""
    here = [each for each in found if (each.track, each.row) == (track, row)]

    def rank(each: Standing) -> tuple[bool, int, float]:
        named = each.source.rpartition("/")[2] == track
        return named, len(each.cells), each.median

    return max(here, key=rank, default=None)


def share_of_gain(kind: str, row: str, value: float, best: float) -> float:
    """Share of what the yardstick gains over random actions: 1 at the yardstick, 0 at random."""
    random = tabular_suites()[kind].from_name(row).expected_random()
    return (value - random) / (best - random)


def summary(tables: Tables) -> dict[str, dict[str, dict[str, Any]]]:
    """The content of results/summary.json: by track and row.

    Returns:
        median, worst: Total reward of a trial over seeds, in `metric`.
        seeds, steps: Number of seeds and, for each, steps of training.
        yardstick: See `yardstick`; None if no algorithm was run.
        metric: by_regret, or mean where that was not measured.
    """
    content: dict[str, dict[str, dict[str, Any]]] = {track: {} for track in TRACKS}
    for kind in EXTRA_ROWS:
        found = standings(kind, tables)
        for row in rows_of(kind):
            best = yardstick(kind, tables, row)
            for track, lines in content.items():
                if track == ALGORITHMS:
                    standing = best_algorithm(kind, tables, row)
                else:
                    standing = standing_of(found, track, row)
                if standing is not None:
                    lines[row] = {
                        "median": round(standing.median, 4),
                        "worst": round(standing.values[-1], 4),
                        "seeds": len(standing.cells),
                        "steps": standing.steps,
                        "yardstick": None if best is None else round(best.median, 4),
                        "metric": standing.metric,
                    }
    return content


def _algorithms(kind: str, tables: Tables, row: str) -> list[Standing]:
    """Algorithms on a row: those measured by regret, or else all."""
    found = [
        Standing(row, ALGORITHMS, name, (cell,))
        for name, table in tables.items()
        if table["settings"].get("suite") == kind
        for cell in table["cells"]
        if cell["row"] == row and cell.get("track", ALGORITHMS) == ALGORITHMS
    ]
    by_regret = [each for each in found if each.source.rpartition("/")[2].startswith(BY_REGRET)]
    return by_regret or found


def _greatest(found: Sequence[Standing]) -> Standing | None:
    return max(found, key=lambda each: each.median, default=None)


def _require_seeds(name: str, cells: Sequence[dict[str, Any]]) -> None:
    """Raise unless the cells may be seeds of one training."""
    first = cells[0]
    for other in cells[1:]:
        for key in SAME_IN_SEEDS:
            if first[key] != other[key]:
                raise UserError(
                    f"results/{name}.json: agents {first['algorithm']} and {other['algorithm']} of "
                    f"row {first['row']} are no seeds of one training, their {key} are "
                    f"{first[key]} and {other[key]}; measure them with rl2 tables into two files"
                )
