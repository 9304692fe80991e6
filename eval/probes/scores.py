"""Scores of probes on held-out trials.

`explained` is the share of a label's variance that the probe explains, 1 - sum((y - f)²) /
sum((y - m)²), where m is the label's mean over the training trials in the same episode and span of
steps: a probe that knows the time alone scores 0. All probes are given the time beside their
features. Intervals are bootstraps over whole trials.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..metrics.intervals import ratio_of_sums
from ..trials.runner import TrialLog
from .labels import LABELS, Labels

FEW = 0.05  # share of the held-out trials below which a span of steps has no score
HARDLY = 0.05  # share of a label's variance below which it is taken not to vary in some steps


class Spans:
    """Steps by trial, episode and span: step 1, 2, 3-4, 5-8, 9-16, and so on.

    Args:
        log: N trials of K episodes, S steps.
    """

    def __init__(self, log: TrialLog):
        self.num_trials, self.episodes = log.length.shape
        lengths = log.length.ravel()
        step = np.concatenate([np.arange(1, length + 1) for length in lengths])
        self.of_step = np.ceil(np.log2(step)).astype(np.int64)  # [S]
        self.count = int(self.of_step.max()) + 1
        self.trial = np.repeat(np.arange(self.num_trials), log.length.sum(1))
        self.episode = np.repeat(np.tile(np.arange(self.episodes), self.num_trials), lengths)

    @property
    def time(self) -> np.ndarray:
        """Episode and span of each step, one-hot, [S, K * spans] float32."""
        size = self.episodes * self.count
        return np.eye(size, dtype=np.float32)[self.episode * self.count + self.of_step]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of [S] values, [N, K, spans]."""
        shape = (self.num_trials, self.episodes, self.count)
        index = np.ravel_multi_index((self.trial, self.episode, self.of_step), shape)
        return np.bincount(index, values, np.prod(shape)).reshape(shape)

    def means(self, values: np.ndarray, train: np.ndarray) -> np.ndarray:
        """Mean of [S, D] values over the training steps of a step's episode and span, [S, D].

        A span that no training trial reaches has the mean of all training steps.
        """
        group = self.episode * self.count + self.of_step
        size = self.episodes * self.count
        of_train = np.bincount(group[train], minlength=size)[:, None]
        total = np.stack(
            [np.bincount(group[train], column[train], size) for column in values.T], axis=1
        )
        overall = values[train].mean(0)
        means = np.where(of_train > 0, total / np.maximum(of_train, 1), overall)
        return means[group].astype(np.float32)

    @property
    def titles(self) -> list[str]:
        """Names of the spans."""
        ends = [2**power for power in range(self.count)]
        return [str(end) if end <= 2 else f"{end // 2 + 1}-{end}" for end in ends]


def scores(
    spans: Spans,
    labels: Labels,
    found: np.ndarray,
    means: np.ndarray,
    held_out: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    """Score the predictions of all labels.

    Args:
        spans: Of the trials.
        labels: Values of the labels.
        found: [S, D], the predictions.
        means: [S, D], from `Spans.means`.
        held_out: [N] bool, trials to score.
        rng: Of the bootstrap.

    Yields:
        For each label and episode: `label`, `episode` (from 1), `explained`, `explained_ci`,
        `error` in the label's unit, `error_of_mean`, that of the training mean; the same four of
        the first step alone, `explained_at_first_step` and so on; and lists by span:
        `explained_by_step`, `error_by_step`, None where few held-out trials have such a step.
        `explained` is None where the label hardly varies, such as the position at the first step.
    """
    for name, span in labels.columns.items():
        true = labels.values[:, span]
        measure = LABELS[name].error

        def summed(values: np.ndarray) -> np.ndarray:
            return spans.sums(values.astype(np.float64))[held_out]

        left = summed(((true - found[:, span]) ** 2).sum(1))
        total = summed(((true - means[:, span]) ** 2).sum(1))
        error = summed(measure(true, found[:, span]))
        of_mean = summed(measure(true, means[:, span]))
        steps = summed(np.ones(len(true)))
        enough = float(HARDLY * true.var(0).sum())  # variance a step
        for k in range(spans.episodes):
            reached = (steps[:, k] > 0).mean(0) >= FEW
            parts = {"": slice(None), "_at_first_step": slice(0, 1)}
            sums = {
                part: [each[:, k, at].sum(1) for each in (left, total, error, of_mean, steps)]
                for part, at in parts.items()
            }
            yield {
                "label": name,
                "episode": k + 1,
                **{
                    f"{what}{part}": value
                    for part, of_trial in sums.items()
                    for what, value in _score(of_trial, enough, rng).items()
                },
                "explained_by_step": _ratios(
                    (total - left)[:, k].sum(0),
                    total[:, k].sum(0),
                    np.where(reached, enough * steps[:, k].sum(0), np.inf),
                ),
                "error_by_step": _ratios(
                    error[:, k].sum(0), steps[:, k].sum(0), np.where(reached, 0, np.inf)
                ),
            }


def _score(of_trial: list[np.ndarray], enough: float, rng: np.random.Generator) -> dict[str, Any]:
    """Score of some steps from sums by trial, [N] each; see `scores`."""
    left, total, error, of_mean, steps = of_trial
    explained, interval = None, None
    if total.sum() > enough * steps.sum():
        explained, interval = ratio_of_sums(total - left, total, rng)
    return {
        "explained": explained,
        "explained_ci": interval,
        "error": float(error.sum() / steps.sum()),
        "error_of_mean": float(of_mean.sum() / steps.sum()),
    }


def _ratios(top: np.ndarray, bottom: np.ndarray, least: np.ndarray) -> list[float | None]:
    """Ratios by span; None where the denominator is not above the least."""
    return [
        float(a / b) if b > most else None for a, b, most in zip(top, bottom, least, strict=True)
    ]
