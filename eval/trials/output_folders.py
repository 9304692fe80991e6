"""Folders of an agent's measurements."""

import re
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from ...agents.zoo.cards import PREFIX, name_of

_OTHER = re.compile(r"(suite|engine|split|episodes_per_trial|seed|greedy)\b")  # what may be asked
_USUAL = {"engine=doom", "split=test", "seed=0", "greedy=false"}


def evaluation_folder(weights: Path) -> Path:
    """Folder of an evaluation: its run's evaluation/, or below that for an unusual one.

    Usual is what the agent was trained on, by sampled actions in the engine. What else was asked
    for on the command line names the folder, so that none takes another's place.
    """
    asked = list(HydraConfig.get().overrides.task) if HydraConfig.initialized() else []
    other = sorted(one for one in asked if _OTHER.match(one) and one not in _USUAL)
    name = re.sub(r"[^\w.-]+", "_", "__".join(other)).strip("_")[:100]
    return run_folder(weights) / "evaluation" / name


def run_folder(weights: Path) -> Path:
    """The run that a weights file belongs to, or just its folder."""
    if (name := name_of(weights)) is not None:  # which may be where only its owner can write
        return Path("runs") / PREFIX / name
    folder = weights.parent
    return folder.parent.parent if folder.parent.name == "checkpoints" else folder
