"""Tracks of the page of results: seeds of our agents by row, beside yardsticks."""

from collections.abc import Mapping, Sequence

from .....core.formatting import decimal, lay_out, mean_and_error, median_and_range
from ....tabular.standings import (
    Standing,
    Tables,
    published_as,
    share_of_gain,
    standing_of,
    standings,
    yardstick,
)
from ....tabular.tracks import ALGORITHMS, TRACKS, privileged
from .marks import Mark, Record, symbols

NOT_PUBLISHED = "not published"
EXPLANATION = """\
By regret: the expected optimum over all tasks less the mean regret of the actions taken, where the
regret of an action is what it loses, in expectation, against the optimal action for the known task.
It estimates the mean total reward of a trial without the luck of the tasks.

The yardstick, by regret too, is {yardstick}. Compare agents with it, and not with the mean returns
of algorithms in other tables. Share of the gain: what the median gains over random actions, over
what the yardstick gains.

Privileged: in training alone, the critic is given the task, or the reward is the advantage of the
optimal policy for the known task. The papers' agents had neither. Steps include those of agents
that a training was warm-started from.
"""
YARDSTICK_NAMES = {
    "bandits": "finite-horizon Gittins; for 1,000 pulls the best of several discounted indices",
    "mdps": "the best algorithm known, tuned with the true prior on these very tasks",
}
BAYES = """
The Bayes-optimal policy is the best that knows the prior and not the task. Its value can be
computed for few arms and pulls alone. The others are means by regret ± the standard error, or the
median over seeds.
"""


def our_tracks() -> dict[str, str]:
    """Titles of the tracks of trained agents."""
    return {track: title for track, title in TRACKS.items() if track != ALGORITHMS}


def records_of(standing: Standing, known: Mapping[str, Record]) -> list[Record]:
    """Cells of a standing with what the agents' cards say, for marks.

    Args:
        standing: The standing.
        known: Properties of published agents by path, see `eval.results.training_of`.
    """
    return [{**known.get(published_as(cell), {}), **cell} for cell in standing.cells]


def headline(
    found: Sequence[Standing], row: str, known: Mapping[str, Record], marks: Sequence[Mark]
) -> list[str]:
    """Cells of a row, one for each track of trained agents: the median over seeds."""
    cells = []
    for track in our_tracks():
        standing = standing_of(found, track, row)
        if standing is None:
            cells.append(NOT_PUBLISHED)
        else:
            marked = symbols(records_of(standing, known), marks)
            cells.append(" ".join(filter(None, (show(standing), marked))))
    return cells


def show(standing: Standing) -> str:
    """The median and range over seeds, or a single value ± its standard error."""
    values = standing.values
    if len(values) == 1:
        return f"{mean_and_error(values[0], standing.standard_error)}, 1 seed"
    return median_and_range(values, _digits(values), f", {len(values)} seeds")


def tracks_table(kind: str, tables: Tables) -> str:
    """A line for each row and training: seeds, tasks, steps, what is privileged, the gain."""
    header = ["", "track", "median", "worst", "best", "yardstick", "seeds", "tasks"]
    header += ["million steps", "privileged", "share of the gain", "trained on the row", "table"]
    lines = []
    for each in standings(kind, tables):
        values, best = each.values, yardstick(kind, tables, each.row)
        digits, first = _digits(values), each.cells[0]
        lines.append(
            [
                each.row,
                TRACKS[each.track],
                *(decimal(x, digits) for x in (each.median, values[-1], values[0])),
                "" if best is None else decimal(best.median, digits),
                str(len(values)),
                f"{tables[each.source]['settings']['num_tasks']:,}",
                f"{each.steps / 1e6:.3g}",
                privileged(first["privileged_critic"], first["optimal_advantage"]) or "nothing",
                "" if best is None else _share(kind, each, best),
                _trained_on(each),
                each.source.rpartition("/")[2]
                + (" (mean return)" if each.metric == "mean" else ""),
            ]
        )
    if not lines:
        return f"{NOT_PUBLISHED}\n"
    note = EXPLANATION.format(yardstick=YARDSTICK_NAMES[kind])
    return f"{lay_out(header, lines, markdown=True)}\n\n{note}"


def yardsticks_table(kind: str, tables: Tables) -> str:
    """Bayes-optimal values beside Gittins and our agents; empty if there are none."""
    values: dict[str, float] = {}
    for table in tables.values():
        if table["settings"].get("suite") == kind:
            values |= table.get("bayes_optimal", {})
    if not values:
        return ""
    found = standings(kind, tables)
    named = {t: title for t, title in our_tracks().items() if _any(found, t, values)}
    header = ["", "Bayes-optimal", *YARDSTICK_NAMES[kind].split(";")[:1], *named.values()]
    lines = []
    for row in sorted(values, key=lambda name: [int(part[1:]) for part in name.split("_")]):
        best = yardstick(kind, tables, row)
        line = [row, decimal(values[row], 3)]
        line.append("" if best is None else _with_error(best))
        for track in named:
            standing = standing_of(found, track, row)
            line.append("" if standing is None else show(standing))
        lines.append(line)
    return f"### Absolute yardsticks\n\n{lay_out(header, lines, markdown=True)}\n{BAYES}"


def _any(found: Sequence[Standing], track: str, rows: Mapping[str, float]) -> bool:
    return any(standing_of(found, track, row) for row in rows)


def _with_error(standing: Standing) -> str:
    value, error = standing.median, standing.standard_error
    return f"{decimal(value, 3)} ± {decimal(error, 3)}"


def _share(kind: str, each: Standing, best: Standing) -> str:
    return f"{decimal(100 * share_of_gain(kind, each.row, each.median, best.median), 1)} %"


def _trained_on(each: Standing) -> str:
    warm = ", warm start" * bool(each.cells[0]["warm_start"])
    return ("yes" if each.is_own_row else "no") + warm


def _digits(values: Sequence[float]) -> int:
    return 2 if max(values) < 20 else 1
