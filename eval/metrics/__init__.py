"""Metrics of a log of trials, each with an interval."""
