"""Publish a trained agent: enter it, with a card, among those that come with the project.

    rl2-eval agent=runs/bandit_k5_n10/seed_0
    rl2 publish agent=runs/bandit_k5_n10/seed_0
    rl2 publish agent=runs/walk_a name=walk_small/seed_0 results=[a.json,b.json]
    rl2 publish agent=pretrained/walk_small/seed_0 results=[c.json]    # add a result

Copies the weights of the latest checkpoint to agents/pretrained/NAME.safetensors and writes beside
them the card, NAME.json, and the learning curve, NAME.curve.json. Re-running the command replaces
all three; to put them in the place of another agent, add replace=true.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("publish")

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from omegaconf import MISSING, OmegaConf

from ..core import cli
from ..core.cli.overrides import presets
from ..core.errors import UserError
from ..core.renamed import agent_settings
from ..core.storage.files import naming, require_name, write_bytes, write_text
from ..core.storage.provenance import commit, read_origins
from ..core.storage.run_folder import flat_settings, read_metrics
from ..core.storage.schema import parse, read_yaml
from ..core.suite import suite_of
from .train import compose
from .training.checkpoint import find_weights, load_agent
from .zoo import cards
from .zoo.cards import Card
from .zoo.precision import encode
from .zoo.records import read_measurements
from .zoo.tracks import track_of

# Prefixes of the metrics in a learning curve; those of a mixture's rows follow the row's name.
CURVES = ("trial_return", "success_", "length_")
OF_A_RUN = {
    "seed",
    "device",
    "run_dir",
    "checkpoint_seconds",
    "keep_every",
    "tensorboard",
    "wandb",
}  # no preset has
NEEDED = ("suite", "agent", "learner", "num_envs", "total_steps")  # every training wrote them
POINTS = 50  # of a learning curve, each the mean over a block of iterations


@dataclass
class PublishConfig:
    """Keys of rl2 publish.

    Attributes:
        agent_path: Folder of a training, whose latest checkpoint is published. Or pretrained/NAME,
            a published agent: `results` are added to its card.
        name: Name in agents/pretrained; if not given, <name>/seed_<seed> of the training.
        results: Results files of rl2-eval or rl2 battery for the card; if not given,
            evaluation/results.json in the training's folder.
        commit: Commit that the agent was trained with, if the training has not recorded it.
        hardware: Hardware that it was trained on, if the training has not recorded it.
        precision: Precision of the published weights, float32 or float16. float16 halves the file;
            evaluate the published agent as well and compare with the results of the training.
        replace: Replace another agent of that name.
        folder: Folder of the published agents, if not agents/pretrained.
    """

    agent_path: str = MISSING
    name: str | None = None
    results: list[str] = field(default_factory=list)
    commit: str | None = None
    hardware: str | None = None
    precision: str = "float32"
    replace: bool = False
    folder: str | None = None

    def __post_init__(self):
        if self.name is not None:
            require_name("name", self.name)


def main() -> None:
    """Entry point of `rl2 publish`."""
    cli.run("publish", PublishConfig, run)


def run(settings: PublishConfig) -> None:
    """Publish one agent."""
    folder = Path(settings.folder or cards.PRETRAINED)
    published = cards.find_pretrained(Path(settings.agent_path), folder)
    card = publish(settings, folder) if published is None else extend(settings, published, folder)
    print(f"{cards.PREFIX}/{card.name}: {len(card.results)} results, {card.steps:,} steps")


def publish(settings: PublishConfig, folder: Path) -> Card:
    """Write weights, card and learning curve below `folder`; return the card.

    Raises:
        UserError: The training or a result is missing, or the result is of another agent.
    """
    run = Path(settings.agent_path)
    weights = find_weights(run)
    _, trained = load_agent(weights)
    content = encode(weights, settings.precision)
    if len(content) > cards.MOST_BYTES:
        raise UserError(
            f"{weights} has {len(content):,} bytes in {settings.precision}; an agent may have "
            f"{cards.MOST_BYTES:,}"
        )
    sha256 = hashlib.sha256(content).hexdigest()
    config = _read_config(run)
    results = _results(settings, run, trained.all_steps)
    name = settings.name or f"{config['name']}/seed_{config['seed']}"
    origins = read_origins(run)
    commits, machines = (
        list(dict.fromkeys(each[key] for each in origins if each.get(key)))
        for key in ("commit", "hardware")
    )
    require_name("name", name)
    target = folder / f"{name}.safetensors"
    with naming(target, "read"):
        is_another = target.exists() and cards.sha256(target) != sha256
    if is_another and not settings.replace:
        raise UserError(
            f"there is another agent {name} in {folder}; give another name=..., or replace=true"
        )
    card = Card(
        name=name,
        preset=_preset(config, name),
        seed=config["seed"],
        steps=trained.all_steps,
        seconds=round(trained.all_seconds, 1),
        commit=settings.commit or (commits[0] if len(commits) == 1 else commits or None),
        hardware=settings.hardware or "; ".join(machines) or None,
        published_at=commit(),
        sha256=sha256,
        precision=settings.precision,
        has_weights=True,
        config={key: value for key, value in config.items() if key != "run_dir"},
        results=results,
        remeasured=[],
        track=track_of(trained.agent) if suite_of(trained.suite).has_success else None,
    )
    log = run / "metrics.jsonl"
    lines = [line for line in read_metrics(log) if line["steps"] <= trained.steps]
    curve = thin([line | {"steps": line["steps"] + trained.init_steps} for line in lines])
    with naming(target):
        target.parent.mkdir(parents=True, exist_ok=True)  # only now: all or nothing
    write_text(folder / f"{name}.curve.json", json.dumps(curve, separators=(",", ":")) + "\n")
    card.write(folder)
    write_bytes(target, content)
    return card


def extend(settings: PublishConfig, weights: Path, folder: Path) -> Card:
    """Add results to the card of a published agent; return the card.

    Args:
        settings: With `results`.
        weights: Weights file of the agent, below `folder`.
        folder: Folder of the published agents.

    Raises:
        UserError: There are no results, or one is of another agent.
    """
    agent = settings.agent_path
    if not settings.results:
        raise UserError(f"{agent} is published already; results=[...] adds to its card")
    if settings.name or settings.commit or settings.hardware or settings.replace:
        raise UserError(f"{agent} is published already; nothing but results can be added")
    name = cards.name_of(weights, folder)
    assert name is not None
    card = cards.read_card(name, folder)
    added = _results(settings, weights, card.steps)
    known = [_without_empty(each) for each in card.results]
    results = card.results + [each for each in added if _without_empty(each) not in known]
    card = replace(card, results=results)
    card.write(folder)
    return card


def _without_empty(record: dict[str, Any]) -> dict[str, Any]:
    """A record without its empty values, whose keys older records lack."""
    return {key: value for key, value in record.items() if value}


def thin(lines: list[dict[str, Any]], points: int = POINTS) -> dict[str, list[Any]]:
    """Thin a training's log to a learning curve of few points.

    Args:
        lines: Lines of a metrics.jsonl.
        points: Points of the curve, each the mean over a block of lines.

    Returns:
        Values by metric, and `steps` at the end of each block. A metric that a block lacks (without
        a success there is no length) is None.
    """
    known = {name for line in lines for name in line}
    kept = sorted(name for name in known if name.rpartition("/")[2].startswith(CURVES))
    ends = sorted({round((i + 1) * len(lines) / points) for i in range(points)} - {0})
    curve: dict[str, list[Any]] = {name: [] for name in ("steps", *kept)}
    begin = 0
    for end in ends:
        curve["steps"].append(lines[end - 1]["steps"])
        for name in kept:
            found = [line[name] for line in lines[begin:end] if name in line]
            curve[name].append(_five_digits(sum(found) / len(found)) if found else None)
        begin = end
    return curve


def _five_digits(value: float) -> float:
    """The value to five significant digits."""
    return float(f"{value:.5g}")


def _read_config(run: Path) -> dict[str, Any]:
    file = run / "config.yaml"
    if not file.is_file():
        raise UserError(f"{file} does not exist; agent= must be the folder of a training")
    config = parse(dict[str, Any], read_yaml(file), str(file))
    parse(str, config.get("name"), f"{file}: name")
    parse(int, config.get("seed"), f"{file}: seed")
    if missing := [key for key in NEEDED if key not in config]:
        raise UserError(
            f"{file} lacks {', '.join(missing)}; it must be the whole file that rl2-train wrote"
        )
    for key in ("suite", "agent", "learner"):
        parse(dict[str, Any], config[key], f"{file}: {key}")
    parse(str, config["suite"].get("kind"), f"{file}: suite.kind")
    config["agent"] = agent_settings(config["agent"])
    return config


def _preset(config: dict[str, Any], name: str) -> str | None:
    """The preset that a training's settings equal: its own, or that of the published name."""
    own = config["name"]
    for preset in dict.fromkeys((own, name.split("/")[0])):
        if _as_preset(config | {"name": preset}):
            return preset
    return None


def _as_preset(config: dict[str, Any]) -> bool:
    """Whether a training had its preset's settings of today; keys of one alone do not count."""
    if config["name"] not in presets("experiment"):
        return False
    GlobalHydra.instance().clear()  # of this program, whose configuration is complete
    preset = compose(f"experiment={config['name']}").copy()
    preset.seed = config.get("seed", 0)  # which its other keys may refer to
    plain = OmegaConf.to_container(preset, resolve=True)
    now, then = flat_settings(plain), flat_settings(config)  # type: ignore[arg-type]
    return all(now[key] == then[key] for key in now.keys() & then.keys() - OF_A_RUN)


def _results(settings: PublishConfig, run: Path, steps: int) -> list[dict[str, Any]]:
    files = settings.results or [str(run / "evaluation" / "results.json")]
    records = []
    ours = cards.sha256(find_weights(run))
    for file in files:
        _require_own(Path(file), ours)
        for record in read_measurements(file):
            if record["train_steps"] != steps:
                raise UserError(
                    f"{file} is of an agent of {record['train_steps']:,} steps, the latest "
                    f"checkpoint of {run} has {steps:,}; evaluate it again"
                )
            records.append(record)
    return records


def _require_own(file: Path, sha256: str) -> None:
    """Raise if a results file names other weights than these, and those still exist."""
    try:
        measured = Path(json.loads(file.read_text(encoding="utf-8"))["checkpoint"])
    except (OSError, KeyError, TypeError, ValueError):
        return  # read_measurements raises a better error
    if measured.is_file() and cards.sha256(measured) != sha256:
        raise UserError(f"{file} is of another agent, {measured}; evaluate this one")
