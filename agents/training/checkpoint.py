"""Checkpoints: one folder per saved step, complete or absent.

    checkpoints/step_000000012800/weights.safetensors   the network, with its card
    checkpoints/step_000000012800/training.pt           the rest of the training's state

A crash or a full disk leaves the previous checkpoint unchanged (`core.storage.files`). Nothing is
unpickled: weights are safetensors, and the training state is read with `weights_only`.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ...core.errors import UserError
from ...core.registries.groups import AGENTS
from ...core.renamed import FORMATS
from ...core.storage.files import replacing_folder
from ...core.types import Spaces
from ..networks.actor_critic import ActorCritic, AgentSettings
from ..zoo.cards import find_pretrained, require_unaltered

FORMAT = "rl2-mazes/2"
KEEP = 3  # newest checkpoints that stay on disk


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
    kind: str = "rl2"  # of agent, a name in AGENTS

    @classmethod
    def of(cls, agent: ActorCritic, suite: dict[str, Any]) -> "AgentCard":
        """The card of an agent before its training on a suite."""
        settings: Any = agent.settings
        return cls(suite, asdict(settings), asdict(agent.spaces), kind=settings.kind)

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


def save(folder: Path, agent: ActorCritic, card: AgentCard, training: dict[str, Any]) -> Path:
    """Write a checkpoint into `folder` and delete the oldest.

    Args:
        folder: Of a run's checkpoints; created if it does not exist.
        agent: The network.
        card: Its card.
        training: State of the learner and of the run: tensors and plain values.

    Returns:
        The checkpoint's own folder.

    Raises:
        CheckpointError: It could not be written; the previous one is unchanged.
    """
    from safetensors import SafetensorError  # a training machine may lack it until it saves
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


def load_agent(path: str | Path) -> tuple[ActorCritic, AgentCard]:
    """Read a network.

    Args:
        path: A weights file, a checkpoint's folder, a run's folder (its newest checkpoint), or the
            name of an agent that comes with the project, such as pretrained/demo.

    Raises:
        CheckpointError: There is no such agent, or its file is damaged or of another version.
    """
    file = find_weights(Path(path))
    require_unaltered(file)
    card, weights = _read_weights(file)
    settings = _settings(card, file)
    try:
        agent = settings.build(_spaces(card, file))
        agent.load_state_dict(weights)
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{file} does not hold the network that it describes") from error
    return agent, card


def _spaces(card: AgentCard, file: Path) -> Spaces:
    # Sizes that spaces are not compared by may be missing: agents that need them store them.
    optional = {field.name: field.default for field in fields(Spaces) if not field.compare}
    spaces = {**optional, **card.spaces}
    _require_complete("spaces", spaces, {field.name for field in fields(Spaces)}, file)
    if spaces["image_shape"] is not None:
        spaces["image_shape"] = tuple(spaces["image_shape"])
    return Spaces(**spaces)


def _settings(card: AgentCard, file: Path) -> AgentSettings:
    """Settings of the agent that the card describes."""
    kind = AGENTS.get(card.kind)
    _require_complete("agent", card.agent, {field.name for field in fields(kind)}, file)
    return kind(**card.agent)


def _require_complete(what: str, given: Mapping[str, Any], known: Set[str], file: Path) -> None:
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


def warm_start(agent: ActorCritic, path: str | Path) -> AgentCard:
    """Copy the weights of a trained agent into a new one; return the trained one's card.

    Args:
        agent: Of the same settings, and for the same observations and actions.
        path: See `load_agent`.

    Raises:
        CheckpointError: There is no such agent, or it is of another network.
    """
    trained, card = load_agent(path)
    free = set(agent.settings.init_only) | {
        each.name for each in fields(Spaces) if not each.compare
    }
    if agent.num_privileged:
        free.remove("num_privileged")  # the value takes them
    theirs, ours = AgentCard.of(trained, {}), AgentCard.of(agent, {})
    _require_same("agent", Path(path), theirs.kind, ours.kind)
    for what in ("agent", "spaces"):
        settings = getattr(ours, what)
        for key, value in getattr(theirs, what).items():
            if value != settings[key] and key not in free:
                raise CheckpointError(
                    f"init_from={path} has {what}.{key}={value}, this run has {settings[key]}; "
                    "only the same network can be warm-started from it; init_from=null trains "
                    "from scratch"
                )
    agent.load_state_dict(trained.state_dict())
    return card


def find_weights(path: Path) -> Path:
    """The weights file of a path or of a name, see `load_agent`.

    Raises:
        CheckpointError: There is none.
    """
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


def restore_newest(folder: Path, agent: ActorCritic) -> tuple[AgentCard, dict[str, Any]] | None:
    """Load the newest valid checkpoint's weights into `agent`.

    Damaged checkpoints are skipped, with a line on stderr that names them. If all are damaged,
    that is an error rather than a silent restart.

    Returns:
        The card and the training state, or None if there is no checkpoint.

    Raises:
        CheckpointError: All are damaged, or the newest is of another agent.
    """
    candidates = list(_newest_first(folder))
    for path in candidates:
        try:
            card, weights = _read_weights(path / "weights.safetensors")
            training = _read_training(path / "training.pt")
        except CheckpointError as error:
            print(f"skipping a damaged checkpoint: {error}", file=sys.stderr)
            continue
        _require_same("agent", path, card.kind, AgentCard.of(agent, {}).kind)
        settings: Any = _settings(card, path)
        _require_same("agent", path, asdict(settings), asdict(agent.settings))
        spaces = _spaces(card, path)
        _require_same("spaces", path, spaces, agent.spaces)
        if agent.num_privileged:
            numbers = (spaces.num_privileged, agent.spaces.num_privileged)
            _require_same("critic", path, *(f"{number} privileged features" for number in numbers))
        agent.load_state_dict(weights)
        return card, training
    if candidates:
        raise CheckpointError(
            f"every checkpoint in {folder} is damaged; delete the folder to train from scratch"
        )
    return None


def _require_same(what: str, path: Path, theirs: Any, ours: Any) -> None:
    if theirs != ours:
        raise CheckpointError(
            f"{path} is for another {what}: it has {theirs}, this run {ours}; give another "
            "run_dir=..."
        )


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
            f"{metadata.get('format')!r}, not {FORMAT!r}; train one with rl2-train"
        )
    try:
        content = json.loads(metadata["card"])
        _require_complete("card", content, set(AgentCard._fields), file)
        return AgentCard(**content), weights
    except CheckpointError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file} has a card that cannot be read ({error})") from error


def _read_training(file: Path) -> dict[str, Any]:
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds on damaged files
        raise CheckpointError(f"{file} is damaged ({type(error).__name__})") from error
