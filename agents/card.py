"""Write a published agent as a model of the Hugging Face hub: weights and a card.

    rl2 card agent=pretrained/demo
    rl2 card agent=pretrained/demo push=my-name/rl2-demo

Writes `model.safetensors` and `README.md`, whose header the hub reads. `hf://my-name/rl2-demo` is
then an agent of every program.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("card")

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml
from omegaconf import MISSING

from ..core import cli
from ..core.errors import UserError
from ..core.storage.files import naming, write_bytes, write_text
from .zoo import cards, hub
from .zoo.cards import Card


@dataclass
class CardConfig:
    """Keys of rl2 card.

    Attributes:
        agent_path: Published agent, pretrained/NAME.
        output_dir: Folder of the model; if not given, runs/hub/NAME.
        push: Repository to upload to, OWNER/REPOSITORY; needs the extra hub, and to be signed in.
    """

    FOLDER_OF: ClassVar = ("agent_path",)

    agent_path: str = MISSING
    output_dir: str | None = None
    push: str | None = None


def main() -> None:
    """Entry point of `rl2 card`."""
    cli.run("card", CardConfig, run)


def run(settings: CardConfig) -> None:
    """Write one model, and upload it if asked to."""
    if settings.push is not None:
        hub.require_repository("push", settings.push)
    weights = cards.find_pretrained(Path(settings.agent_path))
    if weights is None:
        raise UserError(
            f"agent is {settings.agent_path}; it must be pretrained/NAME, see rl2 publish"
        )
    cards.require_unaltered(weights)
    name = cards.name_of(weights)
    assert name is not None
    folder = Path(settings.output_dir or f"runs/hub/{name}")
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / hub.FILE, weights.read_bytes())
    repository = settings.push or f"OWNER/{name.replace('/', '-')}"
    write_text(folder / "README.md", readme(cards.read_card(name), repository))
    print(folder)
    if settings.push is not None:
        print(hub.push(folder, settings.push))


def readme(card: Card, repository: str) -> str:
    """The model card: a header of YAML for the hub, then the training and results.

    Args:
        card: Of the published agent.
        repository: Name on the hub, for the example.
    """
    rows = [each for each in card.results if each.get("condition", "as trained") == "as trained"]
    header = {
        "license": "mit",
        "library_name": "rl2-mazes",
        "pipeline_tag": "reinforcement-learning",
        "tags": ["reinforcement-learning", "meta-reinforcement-learning", "rl2"],
        "model-index": [{"name": card.name, "results": [_result(each) for each in rows]}],
    }
    facts = {
        "preset": card.preset or "settings of its own",
        "seed": card.seed,
        "steps of training": f"{card.steps:,}",
        "hours of training": f"{card.seconds / 3600:.2f}",
        "hardware": card.hardware or "not recorded",
        "commit": card.commit or "not recorded",
        "weights": f"{card.precision}, sha256 {card.sha256}",
    }
    lines = ["---", yaml.safe_dump(header, sort_keys=False, allow_unicode=True).rstrip(), "---"]
    lines += ["", f"# {card.name}", "", "An RL² agent (Duan et al. 2016) of RL² Mazes.", ""]
    lines += ["```python", "import rl2_mazes as rl2", ""]
    lines += [f'agent = rl2.load_agent("hf://{repository}")', "```", ""]
    lines += ["| training | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in facts.items()]
    for record in rows:
        tasks = f"{record['trials']:,} {record['suite']}/{record['row']} tasks"
        lines += ["", f"| {tasks}, seed {record['seed']} | |", "|---|---|"]
        lines += [f"| {key} | {value} |" for key, value in _figures(record).items()]
    return "\n".join(lines) + "\n"


def _figures(record: dict[str, Any]) -> dict[str, Any]:
    """Figures of a record by name: episode by episode, or the mean total reward."""
    found: dict[str, Any] = {}
    for key in ("success", "length"):
        for episode, value in enumerate(record.get(key, ()), 1):
            found[f"{key}, episode {episode}"] = value
    for key in ("length_ratio", "gap_closed", "mean", "by_regret"):
        if record.get(key) is not None:
            found[key] = record[key]
    return found


def _result(record: dict[str, Any]) -> dict[str, Any]:
    """A result as the hub's `model-index` has it."""
    row = f"{record['suite']}/{record['row']}"
    where = " ".join(str(record[key]) for key in ("split", "engine") if key in record)
    return {
        "task": {"type": "reinforcement-learning"},
        "dataset": {"type": row, "name": f"{row} {where}".strip()},
        "metrics": [
            {"type": key.replace(", ", "_").replace(" ", "_"), "name": key, "value": value}
            for key, value in _figures(record).items()
        ],
    }
