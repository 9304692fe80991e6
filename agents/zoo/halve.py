"""Round the published weights to float16, once.

python -m rl2_mazes.agents.zoo.halve

Reads agents/zoo/remeasured.jsonl, the figures of rounded weights (and of the float32 weights on the
same tasks with the same seed), writes them to the cards, and fails if a rounded figure lies outside
the interval of the published one. Curves get POINTS points of five digits.
"""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from . import cards
from .precision import encode
from .records import AS_TRAINED

WITHOUT_WEIGHTS = {f"walk_small_duan2016/seed_{seed}" for seed in (7, 8, 9)}
POINTS = 50  # of a curve


def main() -> None:
    """Entry point."""
    measured = defaultdict(list)
    for line in (Path(__file__).parent / "remeasured.jsonl").read_text().splitlines():
        figures = json.loads(line)
        measured[figures["name"]].append(figures)
    for name in cards.names():
        card = cards.read_card(name)
        weights = cards.PRETRAINED / f"{name}.safetensors"
        if weights.is_file():
            if card.precision == "float32":
                weights.write_bytes(encode(weights, "float16"))
            records = [record(card, each) for each in measured[name]]
            card = replace(
                card, sha256=cards.sha256(weights), precision="float16", remeasured=records
            )
            for each in records:
                for doubt in outside(card, each):
                    print(doubt)
        if name in WITHOUT_WEIGHTS:
            weights.unlink(missing_ok=True)
            card = replace(card, has_weights=False)
        card.write(cards.PRETRAINED)
        curve = cards.PRETRAINED / f"{name}.curve.json"
        points = {key: thin(values, key) for key, values in json.loads(curve.read_text()).items()}
        curve.write_text(json.dumps(points, separators=(",", ":")) + "\n")


def record(card: cards.Card, figures: dict) -> dict:
    """A record of `remeasured`."""
    figures = dict(figures)
    simulator, precision = figures.pop("simulator"), figures.pop("precision")
    del figures["name"], figures["row"], figures["seconds"]
    published = card.results[0]
    where = {key: published[key] for key in ("suite", "row")}
    if simulator != "tabular":
        engine = {"doom": "ViZDoom", "twin": "twin"}[simulator]
        where |= {"condition": AS_TRAINED, "engine": engine, "split": "test", "episodes": 2}
    return {**where, "precision": precision, "sampled": True, **figures}


def outside(card: cards.Card, figures: dict) -> list[str]:
    """Rounded figures outside the published 95 % intervals."""
    published = card.results[0]
    assert published.get("split", "test") == "test", card.name
    found = []
    for key in ("mean", "success", "length", "length_ratio"):
        if key not in figures or figures["precision"] == "float32":
            continue
        values, intervals = figures[key], published[f"{key}_ci"]
        if not isinstance(values, list):
            values, intervals = [values], [intervals]
        for episode, (value, (low, high)) in enumerate(zip(values, intervals, strict=False)):
            if not low <= value <= high and not (key == "success" and value > high):
                where = f"{card.name} {figures.get('engine', '')} {key} {episode + 1}"
                found.append(f"{where}: {value} is outside [{low}, {high}]")
    return found


def thin(values: list, key: str) -> list:
    """Means of blocks; of steps, those at a block's end."""
    ends = sorted({round((i + 1) * len(values) / POINTS) for i in range(POINTS)} - {0})
    blocks = [values[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    if key == "steps":
        return [block[-1] for block in blocks]
    known = [[value for value in block if value is not None] for block in blocks]
    return [float(f"{sum(block) / len(block):.5g}") if block else None for block in known]


if __name__ == "__main__":
    main()
