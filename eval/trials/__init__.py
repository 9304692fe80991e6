"""Running trials: the runner, its log on disk, rankings and output folders."""
