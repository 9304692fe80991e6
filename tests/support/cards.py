"""Changing the card of saved weights, as another version would have written it."""

import json

from safetensors import safe_open
from safetensors.torch import save_file

from rl2_mazes.agents.training import checkpoint_files


def rewrite_card(path, change):
    """Change the card of a weights file in place."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    content = json.loads(metadata["card"])
    change(content)
    (path.parent / checkpoint_files.SUMS).unlink()
    save_file(weights, path, metadata | {"card": json.dumps(content)})
