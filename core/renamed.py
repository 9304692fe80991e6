"""Renamed keys, presets, options, commands and environment ids, each with its new name.

No old name is kept as an alias. The error for an old name names the new one.
"""

from collections.abc import Mapping
from typing import Any

KEYS = {
    "agent.hidden_size": "agent.memory.hidden_size",
    "agent.update_gate_bias": "agent.memory.update_gate_bias",
    "agent.candidate_activation": "agent.memory.candidate_activation",
    "agent.keep_bias": "agent.memory.update_gate_bias",
    "agent.candidate": "agent.memory.candidate_activation",
    "agent.skip": "agent.skip_connection",
    "agent.auxiliary": "agent.aux",
    "agent.aux_prediction": "agent.aux",
    "agent.joint_sizes": "agent.fusion_sizes",
    "checkpoint": "agent",
    "checkpoints": "agents",
    "run": "agent",
    "runs": "agents",
}

CHOICES = {  # from a group of presets
    "experiment=walk_small_tuned": "experiment=walk_small_finetuned",
    "experiment=walk_large_tuned": "experiment=walk_large_finetuned",
    "experiment=walk_small_paper_network": "experiment=walk_small_duan2016",
    "agent=paper": "agent=duan2016",
    "agent=paper_mazes": "agent=duan2016_mazes",
    "agent=tabular": "agent=exchangeable",
    "agent=tabular_wide": "agent=exchangeable",
    "learner=paper": "learner=duan2016",
    "learner=paper_mazes": "learner=duan2016_mazes",
    "learner=ppo_walk_tuned": "learner=ppo_walk_finetuned",
    "learner=ppo_walk_large_tuned": "learner=ppo_walk_large_finetuned",
}

VALUES = {
    "tuning=honest": "tuning=held_out",
}

PRETRAINED = {
    "pretrained/walk_small_tuned": "pretrained/walk_small_finetuned",
    "pretrained/walk_large_tuned": "pretrained/walk_large_finetuned",
    "pretrained/walk_small_paper_network": "pretrained/walk_small_duan2016",
    "pretrained/walk_small_plain": "pretrained/walk_small_without_aux",
}

COMMANDS = {
    "rl2 looks": "rl2 textures",
}

OPTIONS = {  # of programs that had another command line
    "--output": "output_dir=...",
    "-o": "output_dir=...",
    "--films": "films=...",
    "--check": "check=true",
    "--mazes": "num_mazes=...",
    "--steps": "num_steps=...",
    "--seed": "seed=...",
    "--picture": "picture=...",
}

ENV_IDS = {
    "rl2/MazeSmall-v0": "rl2/WalkSmall-v0",
    "rl2/MazeLarge-v0": "rl2/WalkLarge-v0",
    "rl2/MazeGridSmall-v0": "rl2/GridSmall-v0",
    "rl2/MazeGridLarge-v0": "rl2/GridLarge-v0",
}

# Settings of networks for tabular tasks with units for each pair of state and action; now there is
# agent=exchangeable.
REMOVED = {
    "pair_inputs",
    "per_state_heads",
    "memory_layer_norm",
    "bind",
    "state_heads",
    "memory_norm",
}

FORMATS = ("rl2-mazes/1", "rl2-mazes/2")  # of checkpoints, with settings under their old names


def agent_settings(older: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an agent as saved before format rl2-mazes/5, under the names of today.

    Those of `REMOVED` go where they were off; where they were on, they stay, for the caller to
    refuse.
    """
    settings = {key: value for key, value in older.items() if key not in REMOVED or value}
    if isinstance(settings.get("aux_prediction"), bool):
        settings["aux"] = "privileged" if settings.pop("aux_prediction") else "none"
    return settings


def new_pretrained(name: str) -> str | None:
    """The new name of a pretrained agent, such as pretrained/walk_small_tuned/seed_0."""
    for old, new in PRETRAINED.items():
        if name == old or name.startswith(f"{old}/"):
            return new + name[len(old) :]
    return None
