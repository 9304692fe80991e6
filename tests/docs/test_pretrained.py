"""The page of the pretrained agents lists those that have no weights, as their cards do."""

import json
import re
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "agents" / "pretrained"


def seeds(text: str) -> list[int]:
    """Seeds of a cell of the table: `0`, `1, 2` or `6 to 9`."""
    if " to " in text:
        first, last = map(int, text.split(" to "))
        return list(range(first, last + 1))
    return [int(seed) for seed in text.split(",")]


def test_the_page_lists_the_agents_without_weights():
    listed = {}
    for line in (FOLDER / "README.md").read_text().splitlines():
        if line.startswith("| `"):
            names, cell = line.strip("| ").split(" | ")
            listed |= {name: seeds(cell) for name in re.findall(r"`(\w+)`", names)}
    without = defaultdict(list)
    for path in sorted(FOLDER.glob("*/seed_*.json")):
        card = json.loads(path.read_text())
        if not card.get("has_weights", True):
            without[path.parent.name].append(card["seed"])
    assert without
    assert listed == dict(without)
