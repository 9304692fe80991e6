"""Migrates published agents and results from format 1 to format 2: new keys, the same numbers.

    python -m rl2_mazes.agents.zoo.migrate

Weights keep every bit; their metadata, the cards and the results get today's names.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from .cards import PRETRAINED

FORMAT = "rl2-mazes/2"
AGENT = {
    "keep_bias": "update_gate_bias",
    "memory_norm": "memory_layer_norm",
    "state_heads": "per_state_heads",
    "joint_sizes": "fusion_sizes",
    "auxiliary": "aux_prediction",
    "bind": "pair_inputs",
    "skip": "skip_connection",
    "candidate": "candidate_activation",
}
METRICS = {
    "ratio": "length_ratio",
    "gain_share": "gap_closed",
    "improved": "not_longer",
    "oracle_length": "shortest_length",
    "reset_ratio": "reset_length_ratio",
}
METRICS |= {f"{old}_ci": f"{new}_ci" for old, new in METRICS.items()}
PRESETS = {
    "walk_small_paper_network": "walk_small_duan2016",
    "walk_small_tuned": "walk_small_finetuned",
    "walk_large_tuned": "walk_large_finetuned",
    "walk_small_plain": "walk_small_without_aux",
}
PARAMETERS = {"auxiliary.": "aux_head.", "joint.": "fusion."}


def rename(keys: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The same dictionary with other keys."""
    return {names.get(key, key): value for key, value in keys.items()}


def preset(text: Any) -> Any:
    """A preset's or an agent's name as it is today."""
    if isinstance(text, str):
        for old, new in PRESETS.items():
            text = text.replace(old, new)
    return text


def migrate_weights(path: Path) -> str:
    """Rewrites a weights file; returns its checksum."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(path, "pt") as opened:
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        card = json.loads(opened.metadata()["card"])
    card["agent"] = rename(card["agent"], AGENT)
    for old, new in PARAMETERS.items():
        weights = {
            new + name[len(old) :] if name.startswith(old) else name: weight
            for name, weight in weights.items()
        }
    save_file(weights, path, {"format": FORMAT, "card": json.dumps(card)})
    return hashlib.sha256(path.read_bytes()).hexdigest()


def migrate_card(path: Path) -> None:
    """Rewrites a card and its weights."""
    card = json.loads(path.read_text())
    card["sha256"] = migrate_weights(path.with_suffix(".safetensors"))
    card["name"], card["preset"] = preset(card["name"]), preset(card["preset"])
    config = card["config"]
    config["agent"] = rename(config["agent"], AGENT)
    for key in ("name", "init_from"):
        config[key] = preset(config.get(key))
    card["results"] = [rename(each, METRICS) for each in card["results"]]
    path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")


def migrate_tables(path: Path) -> None:
    """Rewrites the results of a table."""
    text = path.read_text().replace('"tuning": "honest"', '"tuning": "held_out"')
    for old, new in PRESETS.items():
        text = text.replace(old, new)
    path.write_text(text)


def main() -> None:
    """Migrates everything that is published."""
    for path in sorted(PRETRAINED.rglob("*.json")):
        if not path.name.endswith(".curve.json"):
            migrate_card(path)
    for path in sorted((PRETRAINED.parents[1] / "results").rglob("*.json")):
        migrate_tables(path)


if __name__ == "__main__":
    main()
