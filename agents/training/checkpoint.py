"""Checkpoints: a folder a step, whole or absent.

    checkpoints/step_000000012800/weights.safetensors   the network, and what it was made for
    checkpoints/step_000000012800/training.pt           what resuming needs besides

A checkpoint is written under another name, flushed to disk and renamed, so that a crash or a full
disk leaves the previous one as it was. Nothing is unpickled: weights are safetensors, the training
state is read with `weights_only`.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...core.errors import UserError
from ...core.files import replacing_folder
from ...core.renamed import FORMATS
from ...core.types import Spaces
from ..networks.rl2_agent import RL2Agent, RL2Settings
from ..zoo.cards import find_pretrained, require_unaltered

FORMAT = "rl2-mazes/2"
KEEP = 3  # newest checkpoints that stay on disk


class CheckpointError(UserError):
    """A checkpoint that is missing, damaged, or made for something else."""


class AgentCard(NamedTuple):
    """What a network was made for; plain data, stored with its weights."""

    suite: dict[str, Any]  # the suite it was trained on, as configured
    agent: dict[str, Any]  # fields of RL2Settings
    spaces: dict[str, Any]  # fields of Spaces
    steps: int  # agent steps of the training that saved it
    seconds: float  # wall seconds of that training
    # Of the agent that the training began from (init_from), if any, and of those before it:
    init_steps: int = 0
    init_seconds: float = 0.0
    init_suites: Sequence[dict[str, Any]] = ()

    @property
    def all_steps(self) -> int:
        """Agent steps of training behind it."""
        return self.init_steps + self.steps

    @property
    def all_seconds(self) -> float:
        """Wall seconds of training behind it."""
        return self.init_seconds + self.seconds

    @property
    def all_suites(self) -> list[dict[str, Any]]:
        """What it was trained on, oldest first."""
        return [*self.init_suites, self.suite]


def save(folder: Path, agent: RL2Agent, card: AgentCard, training: dict[str, Any]) -> Path:
    """Writes a checkpoint into `folder` and drops the oldest.

    Args:
        folder: Where checkpoints lie; made if it does not exist.
        agent: The network.
        card: What it was made for.
        training: State of the learner and of the run: tensors and plain values.

    Returns:
        The checkpoint's own folder.

    Raises:
        CheckpointError: It could not be written; the previous one is as it was.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path = folder / f"step_{card.steps:012d}"
    metadata = {"format": FORMAT, "card": json.dumps(card._asdict())}
    weights = {name: x.contiguous() for name, x in agent.state_dict().items()}
    try:
        with replacing_folder(path) as partial:
            save_file(weights, partial / "weights.safetensors", metadata)
            torch.save(training, partial / "training.pt")
    except (UserError, SafetensorError, RuntimeError) as error:  # torch's, on a full disk
        raise CheckpointError(f"{path} could not be written ({error}); free some space") from error
    for old in list(_newest_first(folder))[KEEP:]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def load_agent(path: str | Path) -> tuple[RL2Agent, AgentCard]:
    """Reads a network.

    Args:
        path: A weights file, a checkpoint's folder, a run's folder (its newest checkpoint), or the
            name of an agent that comes with the project, such as pretrained/demo.
    """
    file = find_weights(Path(path))
    require_unaltered(file)
    card, weights = _read_weights(file)
    try:
        agent = RL2Agent(_spaces(card), _settings(card, file))
        agent.load_state_dict(weights)
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{file} does not hold the network that it describes") from error
    return agent, card


def _spaces(card: AgentCard) -> Spaces:
    spaces = dict(card.spaces)
    if spaces["image_shape"] is not None:
        spaces["image_shape"] = tuple(spaces["image_shape"])
    return Spaces(**spaces)


def _settings(card: AgentCard, file: Path) -> RL2Settings:
    """The network's settings, of files from before some existed and from when others still did."""
    known = asdict(RL2Settings()).keys()
    for name, value in card.agent.items():
        if name not in known and value:  # one that was off changed nothing
            raise CheckpointError(
                f"{file} was made with agent.{name}={value}, a setting that is gone; train it anew"
            )
    return RL2Settings(**{name: value for name, value in card.agent.items() if name in known})


def begin_from(agent: RL2Agent, path: str | Path) -> AgentCard:
    """Gives a new agent the weights of a trained one, whose card is returned.

    Args:
        agent: Of the same settings, and for the same observations and actions.
        path: See `load_agent`.

    Raises:
        CheckpointError: There is no such agent, or it is of another network.
    """
    trained, card = load_agent(path)
    free = {"update_gate_bias"}  # it is nothing but a first value of weights
    if not agent.settings.privileged_critic:
        free.add("num_privileged")
    for what, theirs, ours in (
        ("agent", asdict(trained.settings), asdict(agent.settings)),
        ("spaces", asdict(trained.spaces), asdict(agent.spaces)),
    ):
        for key, value in theirs.items():
            if value != ours[key] and key not in free:
                raise CheckpointError(
                    f"init_from={path} has {what}.{key}={value}, this run has {ours[key]}; "
                    "only the same network can go on from it; init_from=null begins anew"
                )
    agent.load_state_dict(trained.state_dict())
    return card


def find_weights(path: Path) -> Path:
    """The weights file that a path means, or a name (see `agents.zoo.cards`)."""
    if pretrained := find_pretrained(path):
        require_unaltered(pretrained)
        return pretrained
    if path.is_file():
        return path
    if not path.exists():
        raise CheckpointError(f"checkpoint {path} does not exist; train one with rl2-train")
    if (path / "weights.safetensors").is_file():
        return path / "weights.safetensors"
    for folder in (path / "checkpoints", path):
        for newest in _newest_first(folder):
            if (newest / "weights.safetensors").is_file():
                return newest / "weights.safetensors"
    raise CheckpointError(f"{path} holds no checkpoint; give a run's folder or a .safetensors file")


def restore_newest(folder: Path, agent: RL2Agent) -> tuple[AgentCard, dict[str, Any]] | None:
    """Puts the newest valid checkpoint's weights into `agent`.

    Damaged checkpoints are passed over (with a line that names them). If all are damaged, that is
    an error rather than a silent new start.

    Returns:
        The card and the training state, or None if there is no checkpoint.
    """
    candidates = list(_newest_first(folder))
    for path in candidates:
        try:
            card, weights = _read_weights(path / "weights.safetensors")
            training = _read_training(path / "training.pt")
        except CheckpointError as error:
            print(f"skipping a damaged checkpoint: {error}", file=sys.stderr)
            continue
        # A setting that is younger than the checkpoint had its default.
        theirs = asdict(RL2Settings()) | card.agent
        _require_same("agent", path, theirs, asdict(agent.settings))
        _require_same("spaces", path, _spaces(card), agent.spaces)
        if agent.settings.privileged_critic:  # else nobody is told anything
            told = (_spaces(card).num_privileged, agent.spaces.num_privileged)
            _require_same("critic", path, *(f"one told {number} numbers" for number in told))
        agent.load_state_dict(weights)
        return card, training
    if candidates:
        raise CheckpointError(
            f"every checkpoint in {folder} is damaged; delete the folder to start anew"
        )
    return None


def _require_same(what: str, path: Path, theirs: Any, ours: Any) -> None:
    if theirs != ours:
        raise CheckpointError(f"{path} is for another {what}: it says {theirs}, this run {ours}")


def _newest_first(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("step_*"), reverse=True)


def _read_weights(file: Path) -> tuple[AgentCard, dict[str, torch.Tensor]]:
    from safetensors import SafetensorError, safe_open

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
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{file} is not an agent of this project: its format is "
            f"{metadata.get('format')!r}, not {FORMAT!r}"
        )
    try:
        return AgentCard(**json.loads(metadata["card"])), weights
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file} has a card that cannot be read ({error})") from error


def _read_training(file: Path) -> dict[str, Any]:
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds on damaged files
        raise CheckpointError(f"{file} is damaged ({type(error).__name__})") from error
