"""The page's numbers as files: a row an episode of every trial, and a row a figure of every run."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....core.storage.files import replacing, write_text
from ...metrics.behaviour import count_revisits, count_wall_hits
from ...metrics.episode import episodes_of
from .groups import Group
from .runs import EvaluatedRun


def write_tables(folder: Path, stem: str, groups: Sequence[Group]) -> list[Path]:
    """Writes <stem>_episodes and <stem>_figures, each as CSV and as Parquet.

    Columns of episodes: run, settings, seed, trial, maze (its content hash), episode (from 1),
    length and shortest in steps, success, episode_return, and the behaviour where it is known (see
    `eval.metrics.behaviour`). Columns of figures: run, settings, seed, figure, episode (none for a
    comparison), value, low, high (its 95 % interval over mazes).
    """
    import polars as pl

    tables = {
        "episodes": pl.concat(
            [
                pl.DataFrame({**_names(group, run, run.log.length.size), **episode_columns(run)})
                for group in groups
                for run in group.runs
            ],
            how="diagonal",
        ),
        "figures": pl.DataFrame(
            [
                {**{name: values[0] for name, values in _names(group, run, 1).items()}, **row}
                for group in groups
                for run in group.runs
                for row in figure_rows(run.results)
            ],
            infer_schema_length=None,
        ),
    }
    files = []
    for name, table in tables.items():
        csv, parquet = (folder / f"{stem}_{name}.{suffix}" for suffix in ("csv", "parquet"))
        write_text(csv, table.write_csv())
        with replacing(parquet) as partial:
            table.write_parquet(partial)
        files += [csv, parquet]
    return files


def episode_columns(run: EvaluatedRun) -> dict[str, Any]:
    """[N * K] each, in order of trial and episode."""
    trials, episodes = run.log.length.shape
    columns = {
        "trial": np.repeat(np.arange(trials), episodes),
        "maze": [maze.content_hash for maze in run.mazes for _ in range(episodes)],
        "episode": np.tile(np.arange(1, episodes + 1), trials),
        "length": run.log.length.ravel(),
        "shortest": run.shortest.ravel(),
        "success": run.log.success.ravel(),
        "episode_return": run.log.episode_return.ravel(),
    }
    split = episodes_of(run.log, rules=run.suite.rules)
    if run.suite.rules.wall_penalty:
        columns["wall_hits"] = np.stack([count_wall_hits(each) for each in split], 1).ravel()
    if run.log.poses is not None:
        columns["cells_revisited"] = np.stack([count_revisits(each) for each in split], 1).ravel()
    return columns


def figure_rows(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """results.json as rows; what has no interval in it is a figure only if it is a number."""
    for name, value in results.items():
        if name.endswith("_ci") or isinstance(value, bool | str | dict) or name == "seed":
            continue
        if name == "later":
            for each in value:
                yield from _compared(each, int(each["episode"]))
        elif isinstance(value, list):
            intervals = results.get(f"{name}_ci") or [None] * len(value)
            for k, (entry, interval) in enumerate(zip(value, intervals, strict=True)):
                yield _row(name, k + 1, entry, interval)
        else:
            yield _row(name, None, value, results.get(f"{name}_ci"))


def _compared(later: dict[str, Any], episode: int) -> Iterator[dict[str, Any]]:
    """Figures that compare a later episode with the first."""
    for name, value in later.items():
        if not name.endswith("_ci") and name != "episode":
            yield _row(name, episode, value, later.get(f"{name}_ci"))


def _row(name: str, episode: int | None, value: Any, interval: Any) -> dict[str, Any]:
    low, high = interval or (None, None)
    value = None if value is None else float(value)
    return {"figure": name, "episode": episode, "value": value, "low": low, "high": high}


def _names(group: Group, run: EvaluatedRun, rows: int) -> dict[str, list]:
    names = {"run": run.name, "settings": group.name, "seed": run.config.get("seed")}
    return {name: [value] * rows for name, value in names.items()}
