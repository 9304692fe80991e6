"""Metrics of a log of trials, each with a 95 % interval.

A new metric is one new file here, registered with `core.metrics.METRICS`; see `per_episode` for
metrics of one episode and `comparison` for those that compare a later episode with the first.
"""
