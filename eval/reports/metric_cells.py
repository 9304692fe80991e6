"""Headings and cells of metrics: titles and units come from the registry."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...core.formatting import Cell, count, half_width, number, percent, ratio, steps
from ...core.metrics import METRICS, Metric
from ...mazes.published import PublishedResult
from ..metrics.intervals import Estimate, Interval


def episode_metrics(figures: Mapping[str, Any], headline: bool = False) -> list[Metric]:
    """Metrics of one episode that `figures` holds; with `headline`, those of short tables."""
    return [metric for metric in _held(figures, headline) if not metric.compares]


def comparison_metrics(figures: Mapping[str, Any], headline: bool = False) -> list[Metric]:
    """Metrics that compare a later episode with the first and that `figures` holds."""
    return [metric for metric in _held(figures, headline) if metric.compares]


def _held(figures: Mapping[str, Any], headline: bool) -> list[Metric]:
    metrics = METRICS.all().values()
    return [each for each in metrics if each.name in figures and each.headline >= headline]


def heading(metric: Metric, episode: int | None = None) -> str:
    """Title of a metric's column or row, with the unit of shares and the episode, from 0."""
    title = f"{metric.title}, %" if metric.unit == "share" else metric.title
    return title if episode is None else f"{title}, episode {episode + 1}"


def chart_title(metric: Metric) -> str:
    """Title of a metric's chart."""
    return metric.title[:1].upper() + metric.title[1:]


def cell(metric: Metric, value: float | int | None, interval: Interval | None = None) -> Cell:
    """A metric's value in its unit, and its interval."""
    if metric.unit == "share":
        return percent(value, interval)
    if metric.unit == "ratio":
        return ratio(value, interval)
    if metric.unit == "trials" and value is not None:
        return Cell(count(value))
    return number(value, interval)


def plus_minus(metric: Metric, value: float | int | None, interval: Interval | None) -> Cell:
    """A metric's value; steps ± half the width of their interval, where it is symmetric."""
    if metric.unit == "steps" and metric.interval == "Student":
        return steps(value, half_width(value, interval))
    return cell(metric, value, interval)


def stored(figures: Mapping[str, Any], name: str, episode: int | None = None) -> Estimate:
    """A metric of results.json or battery.json and its interval; None where there is none.

    Args:
        figures: Contents of the file, or of one of the battery's conditions.
        name: Name of the metric.
        episode: Episode of the trial, from 0; None for a comparison.
    """
    value, interval = figures.get(name), figures.get(f"{name}_ci")
    if episode is not None:
        value, interval = (None if each is None else each[episode] for each in (value, interval))
    bounds = None if interval is None else (float(interval[0]), float(interval[1]))
    return None if value is None else float(value), bounds


def published(result: PublishedResult, k: int) -> Cell:
    """Published length and success of episode k, from 0; empty where there is none."""
    if k >= len(result.length):
        return Cell("")
    length = steps(result.length[k], result.length_reach[k] if result.length_reach else None)
    success = f"({percent(result.success[k])} %)" if result.success else ""
    return replace(length, remark=success)
