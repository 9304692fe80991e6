"""Tables of an evaluation: a row per episode, and a row per comparison with episode 1."""

from collections.abc import Sequence
from typing import Any

from ....core.formatting import Cell, lay_out, percent
from ....mazes.published import PublishedResult
from ..metric_cells import (
    cell,
    comparison_metrics,
    episode_metrics,
    heading,
    plus_minus,
    published,
    stored,
)


def table(
    figures: dict[str, Any],
    others: Sequence[PublishedResult] = (),
    markdown: bool = False,
) -> str:
    """Lay out a summary.

    Args:
        figures: Result of `eval.metrics.summary.summary`.
        others: Published results, one column each.
        markdown: Whether to write Markdown instead of aligned text.
    """
    parts = [_episodes(figures, others, markdown)]
    if comparison_metrics(figures):
        parts.append(_comparisons(figures, others, markdown))
    sources = [f"{each.agent}: {each.source}" for each in others]
    if markdown:
        sources = [f"- {source}" for source in sources]
    return "\n\n".join([*parts, *(["\n".join(sources)] if sources else [])])


def _episodes(figures: dict[str, Any], others: Sequence[PublishedResult], markdown: bool) -> str:
    """A row per episode: the headline metrics, then published results."""
    metrics = episode_metrics(figures, headline=True)
    header = ["episode", *map(heading, metrics), *(each.agent for each in others)]
    rows = [
        [
            str(k + 1),
            *(plus_minus(metric, *stored(figures, metric.name, k)) for metric in metrics),
            *(published(each, k) for each in others),
        ]
        for k in range(len(figures["success"]))
    ]
    return lay_out(header, rows, markdown)


def _comparisons(figures: dict[str, Any], others: Sequence[PublishedResult], markdown: bool) -> str:
    """A row per metric that compares with episode 1, a column per later episode."""
    later = [figures, *figures.get("later", [])]
    known = [each for each in others if each.not_longer is not None]
    header = ["compared with episode 1", *(f"episode {k + 2}" for k in range(len(later)))]
    header += [each.agent for each in known]
    rows = []
    for metric in comparison_metrics(figures):
        cells = [cell(metric, *stored(each, metric.name)) for each in later]
        cited = [_cited(each, metric.name) for each in known]
        rows.append([heading(metric), *cells, *cited])
    return lay_out(header, rows, markdown)


def _cited(result: PublishedResult, name: str) -> Cell:
    """A published comparison; papers print none but this."""
    return percent(result.not_longer) if name == "not_longer" else Cell("")
