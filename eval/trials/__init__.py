"""Trials of an agent: the runner, its log on disk, rankings and output folders."""
