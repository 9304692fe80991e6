"""The table of an evaluation: a row an episode, next to what was published, then the gain."""

from collections.abc import Sequence

from mazes.published import PublishedResult

NONE = "none"  # a figure that is not defined, such as the mean length of no successes


def table(figures: dict, published: Sequence[PublishedResult] = (), markdown: bool = False) -> str:
    """Lays out a summary.

    Args:
        figures: From `eval.metrics.summary`.
        published: Results to set beside it, a column each.
        markdown: Markdown instead of aligned text.
    """
    header = ["episode", "success %", "length of successes", *(each.agent for each in published)]
    rows = [
        [str(k + 1), *_measured(figures, k), *(_cited(each, k) for each in published)]
        for k in range(len(figures["success"]))
    ]
    notes = _gain(figures, published) + [f"{each.agent}: {each.source}" for each in published]
    if markdown:
        lines = ["| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows]]
        notes = [f"- {note}" for note in notes]
    else:
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [header, *rows]
        ]
    return "\n".join([*lines, "", *notes]).rstrip()


def _measured(figures: dict, k: int) -> list[str]:
    """Success and length of an episode, with their intervals."""
    success = _percent(figures["success"][k], figures["success_ci"][k])
    length, interval = figures["length"][k], figures["length_ci"][k]
    if length is None:
        return [success, NONE]
    return [success, _length(length, None if interval is None else interval[1] - length)]


def _cited(result: PublishedResult, k: int) -> str:
    """An episode's published length and success, as far as they exist."""
    if k >= len(result.length):
        return ""
    length = _length(result.length[k], result.length_reach[k] if result.length_reach else None)
    return f"{length} ({100 * result.success[k]:.1f} %)" if result.success else length


def _gain(figures: dict, published: Sequence[PublishedResult]) -> list[str]:
    """What the second episode gained, if there was one."""
    if "ratio" not in figures:
        return []
    ratio, interval = figures["ratio"], figures["ratio_ci"]
    bounds = "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"
    ratio = NONE if ratio is None else f"{ratio:.3f}{bounds}"
    improved = _percent(figures["improved"], figures["improved_ci"])
    cited = [f"{each.agent} {100 * each.improved:.1f}" for each in published if each.improved]
    return [
        f"length of episode 2 over episode 1: {ratio}, in {figures['pairs']} of "
        f"{figures['trials']} trials that succeed in both",
        f"episode 2 no longer than episode 1: {improved} % of trials"
        + (f" ({', '.join(cited)})" if cited else ""),
    ]


def _percent(value: float, interval: Sequence[float]) -> str:
    return f"{100 * value:.1f} [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def _length(value: float, reach: float | None) -> str:
    return f"{value:.1f}" + ("" if reach is None else f" ± {reach:.1f}")
