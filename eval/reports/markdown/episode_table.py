"""The table of an evaluation: a row an episode, next to what was published, then the gain."""

from collections.abc import Sequence

from ....mazes.published import PublishedResult

NONE = "none"  # a figure that is not defined, such as the mean length of no successes


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


def lay_out(header: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """A header and rows as Markdown, or as text in aligned columns."""
    if markdown:
        lines = [header, ["---"] * len(header), *rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    )


def percent(value: float | None, interval: Sequence[float] | None) -> str:
    """A share in per cent, with its interval."""
    if value is None:
        return NONE
    bounds = "" if interval is None else f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"
    return f"{100 * value:.1f}{bounds}"


def ratio(value: float | None, interval: Sequence[float] | None) -> str:
    """A ratio, with its interval."""
    if value is None:
        return NONE
    bounds = "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"
    return f"{value:.3f}{bounds}"


def length(value: float | None, reach: float | None) -> str:
    """Steps, with the reach of their interval to either side."""
    if value is None:
        return NONE
    return f"{value:.1f}" + ("" if reach is None else f" ± {reach:.1f}")


def _measured(figures: dict, k: int) -> list[str]:
    """Success, length and, where the shortest ways are known, SPL of an episode."""
    value, interval = figures["length"][k], figures["length_ci"][k]
    cells = [
        percent(figures["success"][k], figures["success_ci"][k]),
        length(value, None if interval is None else interval[1] - value),
    ]
    if "spl" in figures:
        cells.append(ratio(figures["spl"][k], figures["spl_ci"][k]))
    return cells


def cited(result: PublishedResult, k: int) -> str:
    """An episode's published length and success, as far as they exist."""
    if k >= len(result.length):
        return ""
    steps = length(result.length[k], result.length_reach[k] if result.length_reach else None)
    return f"{steps} ({100 * result.success[k]:.1f} %)" if result.success else steps


def _gain(figures: dict, published: Sequence[PublishedResult]) -> list[str]:
    """What the second episode gained, if there was one."""
    if "length_ratio" not in figures:
        return []
    told = [f"{each.agent} {100 * each.not_longer:.1f}" for each in published if each.not_longer]
    notes = [
        f"length of episode 2 over episode 1: {ratio(figures['length_ratio'], figures['length_ratio_ci'])}, in "
        f"{figures['pairs']} of {figures['trials']} trials that succeed in both",
        f"episode 2 no longer than episode 1: {_share(figures, 'not_longer')} % of trials"
        + (f" ({', '.join(told)})" if told else ""),
    ]
    if "shorter" in figures:
        notes.append(
            f"strictly shorter: {_share(figures, 'shorter')} % of trials, equal "
            f"{100 * figures['equal']:.1f}, longer {100 * figures['longer']:.1f}"
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
    steps = ", ".join(f"{value:.1f}" for value in figures["shortest_length"])
    return [f"steps of the shortest way, by episode: {steps}"]


def _share(figures: dict, name: str) -> str:
    return percent(figures[name], figures[f"{name}_ci"])
