"""The table of an evaluation: a row an episode, next to what was published, then the gain."""

from collections.abc import Sequence

from ....mazes.published import PublishedResult
from ..formatting import NONE, Cell, half_width, lay_out, percent, ratio, steps


def table(figures: dict, published: Sequence[PublishedResult] = (), markdown: bool = False) -> str:
    """Lays out a summary.

    Args:
        figures: From `eval.metrics.summary.summary`.
        published: Results to set beside it, a column each.
        markdown: Markdown instead of aligned text.
    """
    header = ["episode", "success %", "length of successes"]
    header += ["SPL"] * ("spl" in figures) + [each.agent for each in published]
    rows = [
        [str(k + 1), *_measured(figures, k), *(cited(each, k) for each in published)]
        for k in range(len(figures["success"]))
    ]
    notes = _gain(figures, published) + _yardstick(figures)
    notes += [f"{each.agent}: {each.source}" for each in published]
    if markdown:
        notes = [f"- {note}" for note in notes]
    return "\n".join([lay_out(header, rows, markdown), "", *notes]).rstrip()


def _measured(figures: dict, k: int) -> list[Cell]:
    """Success, length and, where the shortest ways are known, SPL of an episode."""
    value, interval = figures["length"][k], figures["length_ci"][k]
    cells = [
        percent(figures["success"][k], figures["success_ci"][k]),
        steps(value, half_width(value, interval)),
    ]
    if "spl" in figures:
        cells.append(ratio(figures["spl"][k], figures["spl_ci"][k]))
    return cells


def cited(result: PublishedResult, k: int) -> str:
    """An episode's published length and success, as far as they exist."""
    if k >= len(result.length):
        return ""
    length = steps(result.length[k], result.length_reach[k] if result.length_reach else None)
    return f"{length} ({percent(result.success[k])} %)" if result.success else str(length)


def _gain(figures: dict, published: Sequence[PublishedResult]) -> list[str]:
    """What the second episode gained, if there was one."""
    if "length_ratio" not in figures:
        return []
    told = [f"{each.agent} {percent(each.not_longer)}" for each in published if each.not_longer]
    notes = [
        f"length of episode 2 over episode 1: {ratio(figures['length_ratio'], figures['length_ratio_ci'])}, in "
        f"{figures['pairs']} of {figures['trials']} trials that succeed in both",
        f"episode 2 no longer than episode 1: {_share(figures, 'not_longer')} % of trials"
        + (f" ({', '.join(told)})" if told else ""),
    ]
    if "shorter" in figures:
        notes.append(
            f"strictly shorter: {_share(figures, 'shorter')} % of trials, equal "
            f"{percent(figures['equal'])}, longer {percent(figures['longer'])}"
        )
    if "gap_closed" in figures:
        share = _share(figures, "gap_closed")
        notes.append(
            f"share of the possible gain: {share}{'' if share == NONE else ' %'}, in the "
            f"{figures['gap_trials']} of them in which episode 1 was not the shortest way; "
            f"over all trials {_share(figures, 'gap_closed_all')}"
        )
    return notes


def _yardstick(figures: dict) -> list[str]:
    if "shortest_length" not in figures:
        return []
    lengths = ", ".join(str(steps(value)) for value in figures["shortest_length"])
    return [f"steps of the shortest way, by episode: {lengths}"]


def _share(figures: dict, name: str) -> str:
    return str(percent(figures[name], figures[f"{name}_ci"]))
