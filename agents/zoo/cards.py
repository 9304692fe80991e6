"""Agents that come with the project: weights and a card each, loaded by name.

    agents/pretrained/bandit_k5_n10/seed_0.safetensors   the weights
    agents/pretrained/bandit_k5_n10/seed_0.json          its card: its training, and what it reached
    agents/pretrained/bandit_k5_n10/seed_0.curve.json    its learning curve

`pretrained/bandit_k5_n10/seed_0` is its name wherever a checkpoint is taken, and
`pretrained/bandit_k5_n10` the agent of the lowest seed. `agents.publish` writes all three files.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

PRETRAINED = Path(__file__).parents[1] / "pretrained"
PREFIX = "pretrained"
MOST_BYTES = 4_000_000  # of an agent's weights
REMEDY = "restore it with git checkout agents/pretrained, or install the package again"


@dataclass(frozen=True)
class Card:
    """How an agent came to be and what it reached; JSON, except for floats rounded to read.

    Attributes:
        name: In `PRETRAINED`, such as bandit_k5_n10/seed_0.
        preset: The experiment it was trained by; None if by settings of its own, see `config`.
        seed: Of its training.
        steps: Agent steps of training, with those of the agent that it began from.
        seconds: Wall seconds of training, with those.
        commit: Of the code it was trained with, or a list, oldest first, if it was gone on with;
            None if it was not recorded.
        hardware: It was trained on; None if it was not recorded.
        published_at: Commit at which it was measured and entered.
        sha256: Of the weights' file.
        config: Every setting of its training.
        results: What was measured, see `agents.zoo.records`.
    """

    name: str
    preset: str | None
    seed: int
    steps: int
    seconds: float
    commit: str | list[str] | None
    hardware: str | None
    published_at: str | None
    sha256: str
    config: dict[str, Any]
    results: list[dict[str, Any]]

    def write(self, folder: Path) -> Path:
        """Writes the card beside the weights; returns its file."""
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")
        return path


def names(folder: Path | None = None) -> list[str]:
    """Every agent that has a card, seeds in order."""
    folder = folder or PRETRAINED
    found = [
        path.relative_to(folder).with_suffix("").as_posix()
        for path in folder.rglob("*.json")
        if not path.name.endswith(".curve.json")
    ]
    return sorted(found, key=_order)


def read_card(name: str, folder: Path | None = None) -> Card:
    """The card of an agent.

    Raises:
        ValueError: It is missing or cannot be read.
    """
    path = (folder or PRETRAINED) / f"{name}.json"
    try:
        return Card(**json.loads(path.read_text()))
    except OSError as error:
        raise ValueError(f"{path}, the agent's card, is missing; {REMEDY}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} is not an agent's card ({error}); {REMEDY}") from error


def find_pretrained(path: Path, folder: Path | None = None) -> Path | None:
    """The weights that a name like pretrained/demo means; None if it is no such name.

    Raises:
        ValueError: There is no agent of that name; the nearest is suggested.
    """
    if path.is_absolute() or path.parts[:1] != (PREFIX,):
        return None
    wanted = Path(*path.parts[1:]).as_posix()
    known = names(folder)
    family = [name for name in known if name == wanted or name.startswith(f"{wanted}/")]
    if not family:
        families = list(dict.fromkeys(name.rpartition("/")[0] or name for name in known))
        near = get_close_matches(wanted, [*families, *known], n=1)
        hint = f"did you mean {PREFIX}/{near[0]}? " if near else ""
        raise ValueError(f"there is no {path}; {hint}choose from {', '.join(families) or 'none'}")
    return (folder or PRETRAINED) / f"{family[0]}.safetensors"


def name_of(weights: Path, folder: Path | None = None) -> str | None:
    """The name of the agent whose weights lie in that file; None if it is none of the project's."""
    weights, folder = weights.resolve(), (folder or PRETRAINED).resolve()
    if not weights.is_relative_to(folder):
        return None
    return weights.relative_to(folder).with_suffix("").as_posix()


def require_unaltered(weights: Path, folder: Path | None = None) -> None:
    """Checks the weights of a project's agent against its card; says nothing of other files.

    Raises:
        ValueError: The file is missing, or not the one that the card describes.
    """
    name = name_of(weights, folder)
    if name is None:
        return
    card = read_card(name, folder)
    if not weights.is_file():
        raise ValueError(f"{weights} is missing; {REMEDY}")
    if sha256(weights) != card.sha256:
        raise ValueError(f"{weights} was altered: its sha256 is not the card's; {REMEDY}")


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _order(name: str) -> list[Any]:
    """Numbers in names by their value: seed_9 before seed_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
