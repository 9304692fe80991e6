"""Facts of a training that tracks ask for.

The card of an agent of this project determines most of them. Those of another agent are given by
whoever submits it, or are not stated, which keeps the agent out of tracks that ask for them.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...agents.training.checkpoint import AgentCard
from ...agents.zoo import cards
from ...core.errors import UserError
from ...core.storage.provenance import read_origins
from ...core.storage.schema import parse, read_yaml
from ...core.suite import suite_of

PER_HOUR = 3600


@dataclass(frozen=True)
class Training:
    """Facts of a training; None where one is not stated.

    Attributes:
        seed: Seed of the training.
        steps: Agent steps, including those before a warm start.
        hours: Wall hours, counted alike.
        hardware: Machine, such as "AMD EPYC, 2 cores".
        commit: Commit of the training's code; a list if it was resumed at another one.
        trained_on: Names of the suites, such as walk_small.
        rooms: Rooms a side of the mazes.
        splits: Splits that the mazes were drawn from: train, or train by layout.
        labels: Whether a loss used privileged labels (`agent.aux=privileged`).
        critic: Whether the critic was given privileged features (`agent.privileged_critic`).
        reward: Whether the training reward was the advantage of the optimal policy.
        map: Whether it is shown a map of its own (`agent.map_radius`).
        warm_start: Whether it was warm-started from another agent's weights.
    """

    seed: int | None = None
    steps: int | None = None
    hours: float | int | None = None
    hardware: str | None = None
    commit: str | list[str] | None = None
    trained_on: list[str] | None = None
    rooms: list[int] | None = None
    splits: list[str] | None = None
    labels: bool | None = None
    critic: bool | None = None
    reward: bool | None = None
    map: bool | None = None
    warm_start: bool | None = None

    @property
    def privileged(self) -> str:
        """The privileged information in words; empty if there was none."""
        used = [name for name in ("labels", "critic", "reward") if getattr(self, name)]
        if any(getattr(self, name) is None for name in ("labels", "critic", "reward")):
            used.append("not stated")
        return ", ".join(used)


def of_card(card: AgentCard) -> dict[str, Any]:
    """Facts that an agent's card determines, by the names of `Training`."""
    suites = [suite_of(each) for each in card.all_suites]
    mazes = [each.tasks for each in suites if each.has_success]
    critic = bool(card.agent.get("privileged_critic"))
    return {
        "steps": card.all_steps,
        "hours": round(card.all_seconds / PER_HOUR, 3),
        "trained_on": sorted({each.name for each in suites}),
        "rooms": sorted({tasks.rooms for tasks in mazes}),
        "splits": sorted({tasks.split_name for tasks in mazes}),
        "labels": card.agent.get("aux") == "privileged",
        "critic": critic,
        # Of a kind without the setting, the critic's features bring the reward, in tables alone.
        "reward": bool(card.agent.get("optimal_advantage", critic and not mazes)),
        "map": bool(card.agent.get("map_radius")),
        "warm_start": card.init_steps > 0,
    }


def of_files(weights: Path) -> dict[str, Any]:
    """Seed, hardware and commit from the files beside an agent's weights, where they say so."""
    if (name := cards.name_of(weights)) is not None:
        card = cards.read_card(name)
        return {key: getattr(card, key) for key in ("seed", "hardware", "commit")}
    folder = weights.parent
    run = folder.parent.parent if folder.parent.name == "checkpoints" else folder
    facts: dict[str, Any] = {}
    if (run / "config.yaml").is_file():
        config = parse(dict[str, Any], read_yaml(run / "config.yaml"), f"{run / 'config.yaml'}")
        facts["seed"] = config.get("seed")
    for key in ("hardware", "commit"):
        found = list(dict.fromkeys(each[key] for each in read_origins(run) if each.get(key)))
        facts[key] = found[0] if len(found) == 1 else found or None
    if isinstance(facts["hardware"], list):
        facts["hardware"] = "; ".join(facts["hardware"])
    return facts


def merge(known: dict[str, Any], given: Training, where: str) -> Training:
    """The facts that are known, and of the rest those given.

    Raises:
        UserError: A given fact contradicts a known one.
    """
    known = {key: value for key, value in known.items() if value is not None}
    for key, value in asdict(given).items():
        if value is not None and key in known and known[key] != value:
            raise UserError(
                f"{where}: training.{key} is {value}; the agent's card says {known[key]}"
            )
    return replace(given, **known)
