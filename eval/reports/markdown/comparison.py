"""Comparison of an agent with pretrained agents of the same preset."""

from pathlib import Path
from typing import Any

from ....agents.zoo import cards
from ....agents.zoo.records import read_measurements
from ....core.formatting import decimal, median_and_range
from ....core.storage.schema import parse, read_yaml

ALIKE = ("suite", "row", "condition", "engine", "split", "horizon", "sampled", "trials")


def against_pretrained(run: Path, results: Path, folder: Path | None = None) -> str | None:
    """Compare an evaluation with those of the pretrained agents, in one line.

    Args:
        run: Folder of the training, whose configuration names the preset.
        results: The agent's results.json. Only pretrained agents with the same evaluation settings
            are compared with.
        folder: Folder of the pretrained agents; by default agents/pretrained.

    Returns:
        The line; None if there is no such agent.
    """
    config = run / "config.yaml"
    if not config.is_file():
        return None
    preset = parse(dict[str, Any], read_yaml(config), str(config)).get("name")
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
    ratios = _over_seeds([record["length_ratio"] for record in theirs], digits=3)
    lengths = _over_seeds([record["length"][1] for record in theirs])
    return (
        f"compared with {cards.PREFIX}/{preset}, of the same preset: length ratio "
        f"{decimal(mine['length_ratio'], 3)} here and {ratios} there, steps of episode 2 "
        f"{decimal(mine['length'][1])} and {lengths}"
    )


def _over_seeds(values: list[float], digits: int = 1) -> str:
    """Median over seeds, with their range and number."""
    if len(values) == 1:
        return f"{decimal(values[0], digits)} (1 seed)"
    return median_and_range(values, digits, f", {len(values)} seeds")
