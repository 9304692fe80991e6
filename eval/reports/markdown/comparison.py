"""How an agent compares with those that come with the project and were trained by its preset."""

from pathlib import Path

import yaml

from ....agents.zoo import cards
from ....agents.zoo.records import read_measurements
from ..formatting import decimal, median_and_range

ALIKE = ("suite", "row", "condition", "engine", "split", "horizon", "sampled", "trials")


def against_pretrained(run: Path, results: Path, folder: Path | None = None) -> str | None:
    """A line that says it; None if there is nothing to compare with.

    Args:
        run: The training's folder, whose configuration names the preset.
        results: What rl2-eval wrote of its agent; only agents that were measured alike count.
        folder: Other than agents/pretrained.
    """
    config = run / "config.yaml"
    if not config.is_file():
        return None
    preset = yaml.safe_load(config.read_text()).get("name")
    (mine,) = read_measurements(results)
    theirs = [
        record
        for name in cards.names(folder)
        if name.rpartition("/")[0] == preset
        for record in cards.read_card(name, folder).results
        if all(record.get(key) == mine[key] for key in ALIKE)
        and record.get("length_ratio") is not None
    ]
    if not theirs or mine.get("length_ratio") is None:
        return None
    return (
        f"beside {cards.PREFIX}/{preset}, trained by the same preset: episode 2 / 1 is "
        f"{decimal(mine['length_ratio'], 3)} here and {_over_seeds([record['length_ratio'] for record in theirs])} there, "
        f"steps of episode 2 {decimal(mine['length'][1])} and "
        f"{_over_seeds([record['length'][1] for record in theirs], 1)}"
    )


def _over_seeds(values: list[float], digits: int = 3) -> str:
    """Median over seeds, with their range and number."""
    if len(values) == 1:
        return f"{decimal(values[0], digits)} (1 seed)"
    return median_and_range(values, digits, f", {len(values)} seeds")
