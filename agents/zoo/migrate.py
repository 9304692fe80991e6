"""Migrate agents from format 2 to format 3: the memory's settings in a group of their own.

    python -m rl2_mazes.agents.zoo.migrate              # the published agents
    python -m rl2_mazes.agents.zoo.migrate runs/demo/seed_0   # a run's folder

Weights keep every bit; their metadata, the cards and the runs' configurations get today's keys.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from .cards import PRETRAINED, read_card, sha256

FORMAT = "rl2-mazes/3"
MOVED = ("hidden_size", "candidate_activation", "update_gate_bias")


def nested(agent: dict[str, Any]) -> dict[str, Any]:
    """An agent's settings with those of its memory below `memory`."""
    if isinstance(agent.get("memory"), dict):
        return agent
    kind = agent.get("memory", "gru")
    own = {key: agent[key] for key in MOVED if key in agent}
    rest = {key: value for key, value in agent.items() if key not in (*MOVED, "memory")}
    return rest | {"memory": {"kind": kind, **own}}


def migrate_weights(path: Path) -> str:
    """Rewrite the header of a weights file; return the file's checksum."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    metadata = header["__metadata__"]
    card = json.loads(metadata["card"])
    card["agent"] = nested(card["agent"])
    metadata |= {"format": FORMAT, "card": json.dumps(card)}
    text = json.dumps(header, sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    content = len(text).to_bytes(8, "little") + text + content[end:]
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def migrate_published() -> None:
    """Rewrite all published agents and their cards."""
    for path in sorted(PRETRAINED.rglob("*.json")):
        if path.name.endswith(".curve.json"):
            continue
        card = read_card(path.relative_to(PRETRAINED).with_suffix("").as_posix())
        card.config["agent"] = nested(card.config["agent"])
        if card.has_weights:
            object.__setattr__(card, "sha256", migrate_weights(path.with_suffix(".safetensors")))
        card.write(PRETRAINED)


def migrate_run(folder: Path) -> None:
    """Rewrite a run's configuration and checkpoints."""
    file = folder / "config.yaml"
    config = yaml.safe_load(file.read_text(encoding="utf-8"))
    config["agent"] = nested(config["agent"])
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    for step in sorted((folder / "checkpoints").glob("step_*")):
        files = [step / name for name in ("weights.safetensors", "training.pt")]
        migrate_weights(files[0])
        sums = (f"{sha256(each)}  {each.name}\n" for each in files)
        (step / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        for each in sys.argv[1:]:
            migrate_run(Path(each))
    else:
        migrate_published()
