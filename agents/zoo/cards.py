"""Model cards: pretrained agents that come with the project, loaded by name.

    agents/pretrained/bandit_k5_n10/seed_0.safetensors   the weights
    agents/pretrained/bandit_k5_n10/seed_0.json          the card: training and results
    agents/pretrained/bandit_k5_n10/seed_0.curve.json    the learning curve

Every program takes `pretrained/bandit_k5_n10/seed_0` as an agent, and `pretrained/bandit_k5_n10`
for the lowest seed. `rl2 publish` writes all three files. A wheel holds the weights of few agents;
the others are fetched, see `agents.zoo.download`.
"""

import glob
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ...core.renamed import new_pretrained
from ...core.storage.files import through_links, write_text
from ...core.storage.schema import SchemaError, parse, read_json
from .download import download, downloaded_folder

PRETRAINED = Path(__file__).parents[1] / "pretrained"
PREFIX = "pretrained"
MOST_BYTES = 4_000_000  # of an agent's weights
REMEDY = "restore it with git checkout agents/pretrained, or install the package again"
OLDER = "publish the agent again with rl2 publish, or check out the version that wrote it"

_NUMBERS = re.compile(r"\[[-+.,\d\seEnul\[\]]*\]")  # a list of numbers, or of lists of numbers


@dataclass(frozen=True)
class Card:
    """Training and results of a published agent, stored as JSON.

    Attributes:
        name: Path below `PRETRAINED`, such as bandit_k5_n10/seed_0.
        preset: Experiment of the training; None if it had settings of its own, see `config`.
        seed: Seed of the training.
        steps: Agent steps of training, including those of the agent it was warm-started from.
        seconds: Wall seconds of training, counted alike.
        commit: Commit of the training code; a list, oldest first, if the training was resumed at
            another commit; None if it was not recorded.
        hardware: Hardware of the training; None if it was not recorded.
        published_at: Commit at which the agent was evaluated and published.
        sha256: Hash of the weights file.
        precision: Precision of the weights file, float32 or float16. Loading converts to float32.
        has_weights: Whether the weights file is in the tree. Card and curve always are.
        config: All settings of the training.
        results: Measurements, see `agents.zoo.records`. If `remeasured` is not empty, they are of
            the float32 weights, from which the published ones were rounded.
        remeasured: Figures of the rounded weights and, where it was run as well, of the float32
            weights on the same tasks with the same seed; see `agents.zoo.records` for the keys.
            Empty if the weights were not measured again.
        track: In mazes the track of the training, see `agents.zoo.tracks`; elsewhere None.
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
    precision: str
    has_weights: bool
    config: dict[str, Any]
    results: list[dict[str, Any]]
    remeasured: list[dict[str, Any]]
    track: str | None = None

    def write(self, folder: Path) -> Path:
        """Write the card beside the weights; return its file."""
        path = folder / f"{self.name}.json"
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        write_text(path, _NUMBERS.sub(_one_line, text) + "\n")
        return path


FORMAT_1 = {each.name for each in fields(Card)} - {
    "precision",
    "has_weights",
    "remeasured",
    "track",
}


def names(folder: Path | None = None) -> list[str]:
    """Names of all agents that have a card; seeds in numerical order."""
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
        UserError: The card is missing or cannot be read.
    """
    path = (folder or PRETRAINED) / f"{name}.json"
    try:
        if not path.exists():
            raise UserError(f"{path}, the agent's card, is missing; {REMEDY}")
        content = read_json(path)
        if isinstance(content, dict) and content.keys() == FORMAT_1:
            raise UserError(f"{path} is a card of an older version; {OLDER}")
        return parse(Card, content, "the card")
    except SchemaError as error:
        raise UserError(f"{path} is not an agent's card ({error}); {REMEDY}") from error


def find_pretrained(path: Path, folder: Path | None = None) -> Path | None:
    """The weights file of a name like pretrained/demo; None if it is no such name.

    The name of a family means its lowest seed whose weights are published. Weights that are not
    installed are fetched.

    Raises:
        UserError: No agent has that name (the nearest is suggested), its weights are not published,
            or they cannot be fetched.
    """
    if path.is_absolute() or path.parts[:1] != (PREFIX,):
        return None
    wanted = Path(*path.parts[1:]).as_posix()
    known = names(folder)
    family = [name for name in known if name == wanted or name.startswith(f"{wanted}/")]
    for weights in (folder or PRETRAINED).glob(f"{glob.escape(wanted)}/*.safetensors"):
        read_card(f"{wanted}/{weights.stem}", folder)  # or a missing card would mean another seed
    if not family and (renamed := new_pretrained(path.as_posix())):
        raise UserError(f"{path} is now {renamed}")
    if not family:
        families = list(dict.fromkeys(name.rpartition("/")[0] or name for name in known))
        near = get_close_matches(wanted, [*families, *known], n=1)
        hint = f"did you mean {PREFIX}/{near[0]}? " if near else ""
        raise UserError(f"there is no {path}; {hint}choose from {', '.join(families) or 'none'}")
    name = next((each for each in family if read_card(each, folder).has_weights), family[0])
    card = _require_weights(name, folder)
    weights = (folder or PRETRAINED) / f"{name}.safetensors"
    if folder is None and not os.path.lexists(weights):
        return download(name, card.sha256, MOST_BYTES)
    return weights


def name_of(weights: Path, folder: Path | None = None) -> str | None:
    """The name of the pretrained agent with that weights file; None for any other file."""
    return _name_below(Path(os.path.realpath(weights)), folder)


def require_unaltered(weights: Path, folder: Path | None = None) -> None:
    """Check the weights of a pretrained agent against its card; accept any other file.

    Raises:
        UserError: The file is missing, or not the one that the card describes.
    """
    # A link in the folder may lead out of it, or to another agent.
    found = (_name_below(each, folder) for each in through_links(weights))
    name = next(filter(None, found), None)
    if name is None:
        return
    card = _require_weights(name, folder)
    if not weights.is_file():
        raise UserError(f"{weights} is missing; {REMEDY}")
    if sha256(weights) != card.sha256:
        raise UserError(f"{weights} was altered: its sha256 is not the card's; {REMEDY}")


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _name_below(path: Path, folder: Path | None) -> str | None:
    """The name of an absolute path below the folders of pretrained agents."""
    for base in [PRETRAINED, downloaded_folder()] if folder is None else [folder]:
        for each in (base.absolute(), base.resolve()):
            if path.is_relative_to(each):
                return path.relative_to(each).with_suffix("").as_posix()
    return None


def _require_weights(name: str, folder: Path | None) -> Card:
    """Return the card, or raise if the agent's weights are not in the tree."""
    card = read_card(name, folder)
    if card.has_weights:
        return card
    family = name.rpartition("/")[0]
    beside = [each for each in names(folder) if each.rpartition("/")[0] == family]
    loadable = [f"{PREFIX}/{each}" for each in beside if read_card(each, folder).has_weights]
    remedies = [f"use {each}" for each in loadable[:1]]
    if card.preset is not None:
        remedies.append(f"train it: rl2-train experiment={card.preset} seed={card.seed}")
    raise UserError(
        f"{PREFIX}/{name} has a card and a curve in the tree, but no weights; "
        f"{', or '.join(remedies) or 'choose another agent'}"
    )


def _one_line(numbers: re.Match[str]) -> str:
    """Rewrite a JSON list of numbers on one line."""
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]")


def _order(name: str) -> list[Any]:
    """Sort key that compares numbers in names by value: seed_9 before seed_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
