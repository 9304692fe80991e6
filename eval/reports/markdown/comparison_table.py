"""Table of trainings that differ in one setting, see `eval.compare`."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from ....core.formatting import count, decimal, lay_out, median_and_range
from ..comparison_file import Run


def comparison_table(runs: Sequence[Run], title: str = "", markdown: bool = False) -> str:
    """Lay out a row for each group: the median over its seeds, with the least and the greatest.

    Args:
        runs: Of one comparison, all of one suite.
        title: Header of the column of groups.
        markdown: As a Markdown table.
    """
    of_mazes = "success" in runs[0].figures
    header = [title, "seeds", "weights", "of the memory", "million steps", "steps/s in training"]
    if of_mazes:
        header += ["steps of episode 1", "of episode 2", "length ratio", "success in episode 2, %"]
    else:
        header += ["reward of a trial"]
    lines = []
    for group, members in by_group(runs).items():
        first = members[0].training
        line = [
            group,
            str(len(members)),
            count(first.weights),
            "" if first.memory_weights is None else count(first.memory_weights),
            f"{first.steps / 1e6:.3g}",
            count(speed(members)),
        ]
        figures = [each.figures for each in members]
        if of_mazes:
            line += [
                _over_seeds([each["length"][0] for each in figures]),
                _over_seeds([each["length"][1] for each in figures]),
                _over_seeds([each["length_ratio"] for each in figures], digits=3),
                _over_seeds([100 * each["success"][1] for each in figures]),
            ]
        else:
            line.append(_over_seeds([reward(each) for each in figures]))
        lines.append(line)
    return lay_out(header, lines, markdown=markdown)


def by_group(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by group, best median first."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.training.group, []).append(run)
    return dict(sorted(groups.items(), key=lambda each: _merit(each[1])))


def speed(members: Sequence[Run]) -> float:
    """Steps a second in training: of the fastest member, which shared its machine least."""
    return max(each.training.steps_per_s for each in members)


def reward(figures: dict[str, Any]) -> float:
    """Total reward of a trial, by regret where it is known."""
    return figures["mean"] if figures.get("by_regret") is None else figures["by_regret"]


def _merit(members: Sequence[Run]) -> float:
    """A sort key: median steps of episode 2, failures included, or the reward negated."""
    figures = [each.figures for each in members]
    return median(each["length_all"][1] if "success" in each else -reward(each) for each in figures)


def _over_seeds(values: Sequence[float | None], digits: int = 1) -> str:
    known = [each for each in values if each is not None]
    if len(known) < len(values):
        return "none"
    if len(known) == 1:
        return decimal(known[0], digits)
    return median_and_range(known, digits)
