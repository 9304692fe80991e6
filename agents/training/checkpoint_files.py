"""Files of a checkpoint: their names, their checksums, and readers that refuse damaged ones.

    step_000000012800/weights.safetensors   the network, with its card
    step_000000012800/training.pt           the rest of the training's state
    step_000000012800/SHA256SUMS            checksums of both, as of sha256sum

Nothing is unpickled: weights are safetensors, and the training state is read with `weights_only`.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...core.errors import UserError
from ...core.registries.groups import AGENTS
from ...core.renamed import FORMATS, agent_settings
from ...core.storage.files import through_links
from ...core.storage.schema import parse
from ..networks.actor_critic import ActorCritic
from ..zoo.cards import sha256

FORMAT = "rl2-mazes/5"
BEFORE = ("rl2-mazes/3", "rl2-mazes/4")  # which `core.renamed.agent_settings` brings up to date
WEIGHTS, TRAINING, SUMS = "weights.safetensors", "training.pt", "SHA256SUMS"


class CheckpointError(UserError):
    """A checkpoint that is missing, damaged, or of another agent."""


class AgentCard(NamedTuple):
    """An agent's settings and training; plain data, stored with its weights."""

    suite: dict[str, Any]  # settings of the suite that it was trained on
    agent: dict[str, Any]  # settings of the agent
    spaces: dict[str, Any]  # fields of Spaces
    steps: int = 0  # agent steps of the training that saved it
    seconds: float = 0.0  # wall seconds of that training
    # Of the agent that the training was warm-started from (init_from), and of those before it:
    init_steps: int = 0
    init_seconds: float = 0.0
    init_suites: Sequence[dict[str, Any]] = ()
    kind: str = "rl2"  # of agent, a name in AGENTS; of a plug-in, package.module:Name

    @classmethod
    def of(cls, agent: ActorCritic, suite: dict[str, Any]) -> "AgentCard":
        """The card of an agent before its training on a suite."""
        settings: Any = agent.settings
        return cls(
            suite, asdict(settings), asdict(agent.spaces), kind=AGENTS.name_of(type(settings))
        )

    @property
    def all_steps(self) -> int:
        """Agent steps of training, including those before a warm start."""
        return self.init_steps + self.steps

    @property
    def all_seconds(self) -> float:
        """Wall seconds of training, including those before a warm start."""
        return self.init_seconds + self.seconds

    @property
    def all_suites(self) -> list[dict[str, Any]]:
        """Suites of the training and of those before it, oldest first."""
        return [*self.init_suites, self.suite]


def require_complete(what: str, given: Mapping[str, Any], known: Set[str], file: Path) -> None:
    """Raise unless all settings are given and no other: a default may have changed since."""
    remedy = "load it with the version that made it, or train the agent again"
    if unknown := given.keys() - known:
        raise CheckpointError(
            f"{file} has a setting {what}.{min(unknown)}, which does not exist any more; {remedy}"
        )
    if missing := known - given.keys():
        raise CheckpointError(
            f"{file} has no setting {what}.{min(missing)}, which was added since; {remedy}"
        )


def write_sums(folder: Path) -> None:
    """Write the checksums of a checkpoint's files beside them."""
    files = (folder / name for name in (WEIGHTS, TRAINING))
    lines = (f"{sha256(file)}  {file.name}\n" for file in files if file.exists())
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def require_whole(file: Path) -> None:
    """Check a file of a checkpoint against the checksum beside it, if there is one.

    A link is checked against those beside all the files that it leads through. A `SHA256SUMS` of
    other files, which came from elsewhere, says nothing.

    Raises:
        CheckpointError: It is missing, no regular file, or not the file that was saved.
    """
    if not file.is_file():
        raise CheckpointError(f"{file} is missing or not a regular file")
    for each in through_links(file):
        _require_sum(each)


def _require_sum(file: Path) -> None:
    sums = file.parent / SUMS
    if file.name not in (WEIGHTS, TRAINING) or not sums.is_file():
        return  # published weights, whose sum is in their card, or an older checkpoint
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
        saved = sums_of(lines)
        foreign = saved.keys().isdisjoint((WEIGHTS, TRAINING))
        whole = foreign or saved.get(file.name) == sha256(file)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{sums} cannot be read ({error})") from error
    if not whole:
        raise CheckpointError(
            f"{file} is damaged, or newer than the checksums beside it: its own is not the one in "
            f"{SUMS}; if you replaced the file, delete {sums}"
        )


def sums_of(lines: Sequence[str]) -> dict[str, str]:
    """Checksums by name, of lines as sha256sum writes them, for text or binary files."""
    found = {}
    for line in lines:
        digest, _, name = line.partition(" ")
        found[name[1:] if name[:1] in (" ", "*") else name] = digest.lower()
    return found


def read_weights(file: Path) -> tuple[AgentCard, dict[str, torch.Tensor]]:
    """Card and tensors of a weights file.

    Raises:
        CheckpointError: It is damaged, not finite, or not of this project and version.
    """
    from safetensors import SafetensorError, safe_open

    require_whole(file)
    try:
        with safe_open(file, framework="pt") as opened:
            metadata = opened.metadata() or {}
            weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} is damaged or not a weights file ({error})") from error
    if metadata.get("format") in FORMATS:
        raise CheckpointError(
            f"{file} has the older format {metadata['format']}, of which settings were renamed "
            "since; train the agent again, or check out the version that saved it"
        )
    if metadata.get("format") not in (FORMAT, *BEFORE):
        raise CheckpointError(
            f"{file} is not an agent of this project: its format is "
            f"{metadata.get('format')!r}, not {FORMAT!r}; train one with rl2-train"
        )
    for name, x in weights.items():
        if not x.isfinite().all():
            raise CheckpointError(f"{file} has NaN or infinite weights, in {name}")
    try:
        content = json.loads(metadata["card"])
        if metadata["format"] in BEFORE:
            content["agent"] = agent_settings(content["agent"])
        require_complete("card", content, set(AgentCard._fields), file)
        return parse(AgentCard, content, "card"), weights
    except CheckpointError:
        raise
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file} has a card that cannot be read ({error})") from error


def read_training(file: Path) -> dict[str, Any]:
    """State of a training, of tensors and plain values.

    Raises:
        CheckpointError: It is damaged.
    """
    require_whole(file)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        return parse(dict[str, Any], state, "the training's state")
    except Exception as error:  # torch raises many kinds on damaged files
        raise CheckpointError(f"{file} is damaged ({type(error).__name__})") from error
