"""Checkpoints: one folder per saved step, complete or absent.

    checkpoints/step_000000012800/weights.safetensors   the network, with its card
    checkpoints/step_000000012800/training.pt           the rest of the training's state
    checkpoints/step_000000012800/SHA256SUMS            checksums of both

A crash or a full disk leaves the previous checkpoint unchanged (`core.storage.files`). A damaged
checkpoint is passed over, with a line on stderr, for the newest whole one.
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from ...core.differences import differences
from ...core.errors import UserError, first_line
from ...core.registries.choice import choices, entry_of, settings_from
from ...core.registries.groups import AGENTS
from ...core.storage.files import replacing_folder
from ...core.storage.run_folder import flat_settings
from ...core.storage.schema import parse
from ...core.types import Odometry, Spaces
from ..memory.contract import ContractError
from ..networks.actor_critic import ActorCritic, AgentSettings
from ..zoo.cards import find_pretrained, require_unaltered
from ..zoo.hub import fetch, is_on_hub
from .checkpoint_files import (
    FORMAT,
    TRAINING,
    WEIGHTS,
    AgentCard,
    CheckpointError,
    read_training,
    read_weights,
    require_complete,
    require_whole,
    write_sums,
)
from .saveable import require_finite_weights, require_saveable

KEEP = 3  # newest checkpoints that stay on disk


def save(
    folder: Path,
    agent: ActorCritic,
    card: AgentCard,
    training: dict[str, Any] | None,
    keep: int | None = KEEP,
) -> Path:
    """Write a checkpoint into `folder` and delete the oldest.

    Args:
        folder: Of a run's checkpoints; created if it does not exist.
        agent: The network.
        card: Its card.
        training: State of the learner and of the run: tensors and plain values; None for weights
            alone, from which no training is resumed.
        keep: Number of the newest checkpoints that stay; None for all.

    Returns:
        The checkpoint's own folder.

    Raises:
        CheckpointError: It could not be written, or could not be read again; the previous one is
            unchanged.
    """
    from safetensors import SafetensorError  # a training machine may lack it until it saves
    from safetensors.torch import save as to_bytes

    path = folder / f"step_{card.steps:012d}"
    metadata = {"format": FORMAT, "card": json.dumps(card._asdict())}
    weights = {name: x.contiguous() for name, x in agent.state_dict().items()}
    require_finite_weights(weights, card.steps)
    require_saveable(training, "the training's state")
    try:
        with replacing_folder(path) as partial:
            (partial / WEIGHTS).write_bytes(to_bytes(weights, metadata))
            if training is not None:
                torch.save(training, partial / TRAINING)
            write_sums(partial)
    except UserError as error:  # which names the folder
        raise CheckpointError(f"{error}; free some space and run the same command again") from error
    except (SafetensorError, RuntimeError) as error:  # torch's, on a full disk
        raise CheckpointError(
            f"{path} cannot be written ({first_line(error)}); free some space and run the same "
            "command again"
        ) from error
    for old in [] if keep is None else list(_newest_first(folder))[keep:]:
        shutil.rmtree(old, ignore_errors=True)
    return path


def load_agent(path: str | Path) -> tuple[ActorCritic, AgentCard]:
    """Read a network.

    Args:
        path: A weights file, a checkpoint's folder, a run's folder (its newest checkpoint), or the
            name of an agent that comes with the project, such as pretrained/demo; or
            hf://OWNER/REPOSITORY on the Hugging Face hub.

    Raises:
        CheckpointError: There is no such agent, or its file is damaged or of another version.
    """
    file = find_weights(Path(path))
    require_unaltered(file)
    card, weights = read_weights(file)
    settings = _settings(card, file)
    spaces = _spaces(card, file)
    try:
        with torch.device("meta"):  # a card may describe a network that no memory holds
            described = settings.build(spaces).state_dict()
        if _shapes(described) != _shapes(weights):
            raise ValueError("the shapes differ")
        agent = settings.build(spaces)
        agent.load_state_dict(weights)
    except ContractError:  # of a plug-in, which has changed since
        raise
    except (AssertionError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"{file} does not hold the network that it describes") from error
    return agent, card


def _shapes(weights: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(x.shape) for name, x in weights.items()}


def _spaces(card: AgentCard, file: Path) -> Spaces:
    # Sizes that spaces are not compared by may be missing: agents that need them store them.
    optional = {field.name: field.default for field in fields(Spaces) if not field.compare}
    given = {**optional, **card.spaces}
    require_complete("spaces", given, {field.name for field in fields(Spaces)}, file)
    odometry = given.pop("odometry")
    spaces = parse(dict[str, int | list[int] | None], given, f"{file}: spaces")
    if odometry is not None:
        spaces["odometry"] = parse(Odometry, odometry, f"{file}: spaces.odometry")
    shape = spaces["image_shape"]
    if shape is not None:
        spaces["image_shape"] = tuple(parse(list[int], shape, f"{file}: spaces.image_shape"))
    return Spaces(**spaces)


def _settings(card: AgentCard, file: Path) -> AgentSettings:
    """Settings of the agent that the card describes."""
    kind = AGENTS.get_stored(card.kind)
    plain = {**getattr(kind, "added", {}), **card.agent}
    _require_complete(kind, plain, "agent", file)
    try:
        return settings_from(kind, plain)
    except (AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file} has wrong settings of the agent: {error}") from error


def _require_complete(kind: Any, plain: Mapping[str, Any], where: str, file: Path) -> None:
    require_complete(where, plain, {field.name for field in fields(kind)}, file)
    for name, registry in choices(kind).items():
        try:
            entry = entry_of(registry, plain[name])
        except UserError as error:
            raise CheckpointError(f"{file}: {error}") from error
        _require_complete(entry, plain[name], f"{where}.{name}", file)


def warm_start(agent: ActorCritic, path: str | Path) -> AgentCard:
    """Copy the weights of a trained agent into a new one; return the trained one's card.

    Args:
        agent: Of the same settings, apart from `ActorCritic.may_differ`, and for the same
            observations and actions.
        path: See `load_agent`.

    Raises:
        CheckpointError: There is no such agent, or it is of another network.
    """
    trained, card = load_agent(path)
    free = _init_only(agent.settings) | {each.name for each in fields(Spaces) if not each.compare}
    if agent.num_privileged:
        free.remove("num_privileged")  # the value takes them
    if getattr(trained.settings, "map_radius", 0):
        free.remove("odometry")  # the map reckons by it
    theirs, ours = AgentCard.of(trained, {}), AgentCard.of(agent, {})
    if theirs.kind != ours.kind:
        raise CheckpointError(
            f"init_from={path} is for another agent: it has {theirs.kind}, this run {ours.kind}; "
            "give another init_from=..., or init_from=null to train from scratch"
        )
    free |= agent.may_differ(trained)
    for what in ("agent", "spaces"):
        settings = flat_settings(getattr(ours, what))
        for key, value in flat_settings(getattr(theirs, what)).items():
            if value != settings.get(key) and not {key, key.split(".")[0]} & free:
                raise CheckpointError(
                    f"init_from={path} has {what}.{key}={value}, this run has {settings.get(key)}; "
                    "only the same network can be warm-started from it; init_from=null trains "
                    "from scratch"
                )
    agent.adopt(trained)
    return card


def _init_only(settings: Any) -> set[str]:
    """Keys of an agent's settings that matter for initial weights alone, with dots."""
    return set(getattr(settings, "init_only", ())) | {
        f"{name}.{key}"
        for name in choices(settings)
        for key in getattr(getattr(settings, name), "init_only", ())
    }


def find_weights(path: Path) -> Path:
    """The weights file of a path or of a name, see `load_agent`.

    Raises:
        CheckpointError: There is none.
    """
    if is_on_hub(path):
        return fetch(path)
    if pretrained := find_pretrained(path):
        require_unaltered(pretrained)
        return pretrained
    if path.is_file():
        return path
    if not path.exists():
        raise CheckpointError(f"checkpoint {path} does not exist; train one with rl2-train")
    if (path / WEIGHTS).is_file():
        return path / WEIGHTS
    damaged = False
    for folder in (path / "checkpoints", path):
        for newest in _newest_first(folder):
            if not (newest / WEIGHTS).exists():  # of a checkpoint that was half deleted
                continue
            try:
                require_whole(newest / WEIGHTS)
                return newest / WEIGHTS
            except CheckpointError as error:
                damaged = True
                print(f"skipping a damaged checkpoint: {error}", file=sys.stderr)
    if damaged:
        raise CheckpointError(f"every checkpoint in {path} is damaged")
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
            card, weights = read_weights(path / WEIGHTS)
            training = read_training(path / TRAINING)
        except CheckpointError as error:
            print(f"skipping a damaged checkpoint: {error}", file=sys.stderr)
            continue
        _require_same("agent", path, card.kind, AgentCard.of(agent, {}).kind)
        saved: Any = _settings(card, path)
        theirs, ours = asdict(saved), asdict(agent.settings)
        if theirs != ours:
            _require_same("agent", path, *differences(flat_settings(theirs), flat_settings(ours)))
        spaces = _spaces(card, path)
        if spaces != agent.spaces:
            _require_same("spaces", path, *spaces.apart_from(agent.spaces))
        if agent.num_privileged:
            numbers = (spaces.num_privileged, agent.spaces.num_privileged)
            _require_same("critic", path, *(f"{number} privileged features" for number in numbers))
        try:
            agent.load_state_dict(weights)
        except RuntimeError as error:  # a plug-in's network may have changed, its settings not
            raise CheckpointError(
                f"{path} does not hold the weights of this run's network, which has other names or "
                "sizes of weights; give another run_dir=..., or the code that saved it"
            ) from error
        return card, training
    if candidates:
        raise CheckpointError(
            f"every checkpoint in {folder} is damaged; delete the folder to train from scratch"
        )
    return None


def _require_same(what: str, path: Path, theirs: str, ours: str) -> None:
    if theirs != ours:
        raise CheckpointError(
            f"{path} is for another {what}: it has {theirs}, this run {ours}; give another "
            "run_dir=..."
        )


def _newest_first(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("step_*"), reverse=True)
