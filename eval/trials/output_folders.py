"""Folders of an agent's measurements."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from ...agents.zoo.cards import PREFIX, name_of

OUTSIDE = Path("runs", "outside")
ASKED = ("suite", "engine", "split", "episodes_per_trial", "seed", "greedy")  # name a folder
_USUAL = {"split=test", "seed=0", "greedy=false"}
_LONGEST = 100  # characters of a folder's name


def evaluation_folder(
    run: Path, one_suite: bool = False, engine: str = "doom", keys: Sequence[str] = ASKED
) -> Path:
    """Folder of an evaluation: its run's evaluation/, or below that for an unusual one.

    Usual is what the agent was trained on, by sampled actions. What else was asked for on the
    command line names the folder, so that none takes another's place.

    Args:
        run: See `run_folder` and `outside_folder`.
        one_suite: Whether the folder is that of one suite, so that its preset names nothing.
        engine: The simulator that is usual.
        keys: Keys, or their groups, that name the folder.
    """
    asked = list(HydraConfig.get().overrides.task) if HydraConfig.initialized() else []
    usual = {*_USUAL, f"engine={engine}"}
    named = re.compile(rf"({'|'.join(keys)})\b")
    other = sorted(one for one in asked if named.match(one) and one not in usual)
    other = [one for one in other if not (one_suite and one.startswith("suite="))]
    return run / "evaluation" / _folder_name("__".join(other))


def _folder_name(asked: str) -> str:
    """A folder's name for what was asked; one that has to be cut ends in a hash of the whole."""
    name = re.sub(r"[^\w.-]+", "_", asked).strip("_")
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(asked.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST - 1 - len(digest)]}_{digest}"


def run_folder(weights: Path) -> Path:
    """The run that a weights file belongs to, or just its folder."""
    if (name := name_of(weights)) is not None:  # which may be where only its owner can write
        return Path("runs") / PREFIX / name
    folder = weights.parent
    return folder.parent.parent if folder.parent.name == "checkpoints" else folder


def outside_folder(name: str, suite: str = "") -> Path:
    """Folder of an agent from outside, `package.module:Name`, on a suite; of all suites if empty.

    Such an agent has no run; its name stands for it.
    """
    return OUTSIDE / name.replace(":", ".") / suite
