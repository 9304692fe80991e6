"""Main program: the page of results, generated from result files.

    rl2 results               # writes RESULTS.md and results/figures/*.png
    rl2 results check=true    # reports whether RESULTS.md is up to date

Reads the cards and learning curves of agents/pretrained, and results/ (see results/README.md).
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("results")

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..agents.zoo import cards
from ..agents.zoo.cards import Card
from ..agents.zoo.records import read_measurements
from ..core import cli
from ..core.storage.figures import require_keys
from ..core.storage.files import write_text
from ..core.storage.schema import parse, read_json
from .reports.markdown.results_costs import costs_section
from .reports.markdown.results_curves import draw_curves
from .reports.markdown.results_mazes import mazes_section
from .reports.markdown.results_tabular import tabular_section

ROOT = Path(__file__).parents[1]
CELL = dict.fromkeys(("row", "algorithm", "title", "value"), str) | {  # of a table
    "mean": float,
    "se": float,
    "published": float | None,
}
INTRODUCTION = """# Results

`rl2 results` generates this page from the files in `results/` and `agents/pretrained/`; changes
made here by hand are lost. Intervals are 95 %. Those of one training seed hold for that agent, not
for agents of other seeds. Of several seeds, tables 1 and 2 give the mean and table 3 the median,
and all of them the least and the greatest.
"""


@dataclass
class ResultsConfig:
    """Keys of rl2 results.

    Attributes:
        check: Whether to check RESULTS.md instead of writing it; exit code 1 if out of date.
    """

    check: bool = False


@dataclass
class Results:
    """The inputs of the page.

    Attributes:
        cards: Cards of the published agents.
        tables: Tables of eval.tables, by name.
        costs: Costs of presets, by name.
        records: Measurements from cards and further files, with the `agent`'s name and, if it has a
            card, `training_of` it.
        curves: Learning curves by agent.
    """

    cards: list[Card] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, dict[str, list]] = field(default_factory=dict)


def read(folder: Path, pretrained: Path) -> Results:
    """Read all result files.

    Args:
        folder: Folder of tables, costs and further results.
        pretrained: Folder of the agents.

    Raises:
        UserError: A file is none of these.
    """
    found = Results()
    known: dict[str, dict[str, bool]] = {}
    for name in cards.names(pretrained):
        card = cards.read_card(name, pretrained)
        found.cards.append(card)
        known[name] = training_of(card)
        found.records += [{"agent": name, **known[name], **each} for each in card.results]
        curve = pretrained / f"{name}.curve.json"
        found.curves[name] = parse(dict[str, list[float | None]], read_json(curve), str(curve))
    for file in sorted(folder.rglob("*.json")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        content = parse(dict[str, Any], read_json(file), str(file))
        if name == "costs":
            found.costs = parse(dict[str, dict[str, Any]], content, str(file))
        elif "cells" in content:
            require_keys({"settings": dict, "cells": list[dict[str, Any]]}, content, str(file))
            for index, cell in enumerate(content["cells"]):
                require_keys(CELL, cell, f"{file}: cells[{index}]")
            found.tables[name] = content
        else:
            name = name.removeprefix("agents/")
            more = read_measurements(file)
            found.records += [{"agent": name, **known.get(name, {}), **each} for each in more]
    return found


def training_of(card: Card) -> dict[str, bool]:
    """Properties of a training that the page marks, see `results_marks`."""
    agent = parse(dict[str, Any], card.config.get("agent"), f"{card.name}.json: config.agent")
    return {
        "aux_prediction": bool(agent.get("aux_prediction")),
        "privileged_critic": bool(agent.get("privileged_critic")),
        "preset": card.preset is not None,
        "resumed": isinstance(card.commit, list) and len(card.commit) > 1,
    }


def page(found: Results) -> str:
    """The page, as Markdown."""
    return "\n".join(
        [
            INTRODUCTION,
            tabular_section("bandits", found.tables, found.records),
            tabular_section("mdps", found.tables, found.records),
            mazes_section(found.records),
            costs_section(found.costs, found.cards),
        ]
    )


def main() -> int | None:
    """Entry point; returns the exit code."""
    return cli.run("results", ResultsConfig, run)


def run(settings: ResultsConfig) -> int:
    """Write the page and its figures, or check the page; 1 if it is out of date."""
    target = ROOT / "RESULTS.md"
    found = read(ROOT / "results", cards.PRETRAINED)
    text = page(found)
    if settings.check:
        same = target.is_file() and target.read_text(encoding="utf-8") == text
        print("RESULTS.md is up to date" if same else "RESULTS.md is not what the files give")
        return 0 if same else 1
    for path in draw_curves(found.curves, ROOT / "results" / "figures"):
        print(path.relative_to(ROOT))
    write_text(target, text)
    print(target.relative_to(ROOT))
    return 0
