"""The page of the leaderboard, docs/leaderboard.md: a table for each track and suite."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from ...core.formatting import count, decimal, lay_out
from ...core.suite import suite_of
from .submission import Submission
from .tracks import TRACKS, Track

INTRODUCTION = """# Leaderboard

`rl2 leaderboard` generates this page from the submissions in `results/leaderboard/`; changes made
here by hand are lost. [How to submit](guides/leaderboard.md) says what is checked. A line is an
agent: of several training seeds, the median with the best and the worst in brackets; of one seed,
that seed. In mazes, a failed episode counts with the horizon in `steps of a trial`, by which tables
are ordered, and the length ratio is of trials that succeed in both episodes.
"""
NONE_YET = "No submissions yet.\n"
UNKNOWN = "not stated"


def page(entries: Sequence[Submission]) -> str:
    """The page, as Markdown.

    Args:
        entries: Submissions that have passed their check.
    """
    return "\n".join([INTRODUCTION, *(_section(track, entries) for track in TRACKS.all().values())])


def _section(track: Track, entries: Sequence[Submission]) -> str:
    """Heading and tables of a track."""
    found = [each for each in entries if each.track == track.name]
    parts = [f"## {track.title}\n", f"{track.text} Track `{track.name}`.\n"]
    for suite, of_suite in _grouped(found, lambda entry: suite_of(entry.suite).name):
        lines = [list(seeds) for _, seeds in _grouped(of_suite, _line)]
        lines.sort(key=lambda seeds: _place(track, seeds))
        has_success = suite_of(lines[0][0].suite).has_success
        columns = (OF_MAZES if has_success else OF_RETURNS) | OF_TRAINING
        ranking = {track.ranking.title: lambda seeds: _ranked(track, seeds)}
        columns = {"agent": _agent, "seeds": lambda seeds: str(len(seeds)), **ranking, **columns}
        rows = [[cell(seeds) for cell in columns.values()] for seeds in lines]
        parts.append(f"**{suite}**\n\n{lay_out(list(columns), rows, markdown=True)}\n")
    return "\n".join(parts if found else [*parts, NONE_YET])


def _line(entry: Submission) -> tuple[str, ...]:
    """Submissions with the same of these are seeds of one agent."""
    return entry.agent, entry.engine or "", str(entry.greedy), entry.training.privileged


def _grouped(
    entries: Sequence[Submission], key: Callable[[Submission], Any]
) -> Iterator[tuple[Any, list[Submission]]]:
    for name, group in groupby(sorted(entries, key=key), key):
        yield name, list(group)


def _place(track: Track, seeds: Sequence[Submission]) -> tuple[float | int, str]:
    """Sort key of a line: its median, the best first."""
    values = _values(track, seeds)
    middle = median(values) if values else float("inf")
    return (-middle if track.ranking.higher and values else middle), seeds[0].agent


def _values(track: Track, seeds: Sequence[Submission]) -> list[float | int]:
    return [value for each in seeds if (value := track.ranking.value(each)) is not None]


def _ranked(track: Track, seeds: Sequence[Submission]) -> str:
    """The ranking figure: of one seed, or median, best and worst."""
    values, digits = _values(track, seeds), track.ranking.digits
    if len(values) < 2:
        return decimal(values[0], digits, thousands=True) if values else UNKNOWN
    ordered = sorted(values, reverse=track.ranking.higher)
    best, middle, worst = (
        decimal(value, digits, thousands=True)
        for value in (ordered[0], median(values), ordered[-1])
    )
    return f"{middle} (best {best}, worst {worst})"


def _agent(seeds: Sequence[Submission]) -> str:
    first = seeds[0]
    name = f"[{first.agent}]({first.link})" if first.link else first.agent
    name += f", {first.authors}" if first.authors else ""
    return name + ", greedy actions" * first.greedy


def _by_episode(
    name: str, digits: int, scale: float | int = 1
) -> Callable[[Sequence[Submission]], str]:
    """A cell with the median over seeds of a figure, by episode."""

    def cell(seeds: Sequence[Submission]) -> str:
        columns = zip(*(each.figures[name] for each in seeds), strict=True)
        return ", ".join(decimal(scale * median(each), digits) for each in columns)

    return cell


def _of_figures(name: str, digits: int) -> Callable[[Sequence[Submission]], str]:
    """A cell with the median over seeds of a figure; of one seed, with its interval."""

    def cell(seeds: Sequence[Submission]) -> str:
        values = [each.figures[name] for each in seeds if each.figures.get(name) is not None]
        if not values:
            return "none"
        text = decimal(median(values), digits)
        if len(seeds) == 1 and (bounds := seeds[0].figures.get(f"{name}_ci")):
            text += f" [{', '.join(decimal(each, digits) for each in bounds)}]"
        return text

    return cell


def _plus_minus(name: str, error: str) -> Callable[[Sequence[Submission]], str]:
    """A cell with the mean of one seed ± its standard error, or the median over seeds."""

    def cell(seeds: Sequence[Submission]) -> str:
        text = _of_figures(name, 2)(seeds)
        found = seeds[0].figures.get(error)
        return text if len(seeds) > 1 or found is None else f"{text} ± {decimal(found, 2)}"

    return cell


def _stated(name: str, show: Callable[[Any], str]) -> Callable[[Sequence[Submission]], str]:
    """A cell with the different values of a fact of the training."""

    def cell(seeds: Sequence[Submission]) -> str:
        values = [getattr(each.training, name) for each in seeds]
        known = [value for value in values if value is not None]
        shown = list(dict.fromkeys(map(show, known)))
        if len(shown) > 1 and isinstance(known[0], int | float):
            shown = [f"{show(min(known))} to {show(max(known))}"]
        return "; ".join(shown + [UNKNOWN] * (len(known) < len(values) or not values))

    return cell


def _words(words: Any) -> str:
    """Text of a stranger, without the characters that tables are made of."""
    return " ".join("".join(each for each in str(words) if each not in "|<>[]`\\").split())[:80]


OF_MAZES = {
    "steps by episode": _by_episode("length_all", 1),
    "success, %": _by_episode("success", 1, 100),
    "length ratio": _of_figures("length_ratio", 3),
    "gap closed": _of_figures("gap_closed", 3),
    "simulator": lambda seeds: str(seeds[0].engine),
    "trials": lambda seeds: ", ".join(sorted({count(each.trials) for each in seeds})),
}
OF_RETURNS = {
    "mean": _of_figures("mean", 2),
    "by regret": _plus_minus("by_regret", "by_regret_se"),
    "trials": OF_MAZES["trials"],
}
OF_TRAINING = {
    "privileged": lambda seeds: seeds[0].training.privileged or "no",
    "trained on": _stated("trained_on", lambda names: _words(", ".join(names))),
    "training steps": _stated("steps", count),
    "hours": _stated("hours", lambda hours: decimal(hours, 2)),
    "hardware": _stated("hardware", _words),
}
