"""Main program: the page of results, generated from result files.

    rl2 results               # writes RESULTS.md, results/summary.json and results/figures/*.png
    rl2 results check=true    # reports whether RESULTS.md and the summary are up to date

Reads the cards and learning curves of agents/pretrained, and results/ (see results/README.md).
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("results")

import json
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
from .reports.comparison_file import Comparison, read_comparison
from .reports.markdown.results.comparisons import FOLDER as COMPARISONS
from .reports.markdown.results.comparisons import comparisons_section, draw_comparisons
from .reports.markdown.results.costs import costs_section
from .reports.markdown.results.curves import draw_curves
from .reports.markdown.results.known_place import NAME as KNOWN_PLACE
from .reports.markdown.results.known_place import known_place_section
from .reports.markdown.results.learning import draw_learning, learning_section
from .reports.markdown.results.learnt import draw_learnt_index, learnt_section
from .reports.markdown.results.mazes import mazes_section
from .reports.markdown.results.overview import draw_overview
from .reports.markdown.results.tabular import tabular_section
from .reports.maze_summary import maze_summary
from .tabular.standings import summary
from .tabular.tracks import ALGORITHMS

ROOT = Path(__file__).parents[1]
SUMMARY = "summary"  # results/summary.json, which this program writes
CELL = dict.fromkeys(("row", "algorithm", "title", "value"), str) | {  # of a table
    "mean": float,
    "se": float,
    "published": float | None,
}
OF_AGENT = dict.fromkeys(("trained_on", "track"), str) | {  # of an agent's cell, besides
    "steps": int,
    "by_regret": float | None,
    "by_regret_se": float | None,
    "privileged_critic": bool,
    "optimal_advantage": bool,
    "warm_start": bool,
}
INTRODUCTION = """# Results

`rl2 results` generates this page from the files in `results/` and `agents/pretrained/`; changes
made here by hand are lost. Intervals are 95 %. Those of one training seed hold for that agent, not
for agents of other seeds. Of several seeds, tables give the median, the least and the greatest.
`results/summary.json` holds the medians of tables 1 and 2, and those of the best training of each
track of table 3: `labels` and `no_labels`, and on large mazes `small_trained`, by agents that were
trained on 3x3 rooms alone, and `mixed_trained`, by others.
"""


@dataclass
class ResultsConfig:
    """Keys of rl2 results.

    Attributes:
        check: Whether to check RESULTS.md and results/summary.json instead of writing them; exit
            code 1 if one is out of date.
    """

    check: bool = False


@dataclass
class Results:
    """The inputs of the page.

    Attributes:
        cards: Cards of the published agents.
        tables: Tables of eval.tables, by name.
        costs: Costs of presets, by name.
        known_place: Worth of a known map, by suite.
        records: Measurements from cards and further files, with the `agent`'s name and, if it has a
            card, `training_of` it.
        curves: Learning curves by agent.
        comparisons: Comparisons of trainings, see eval.compare, by name.
        known: Properties of the published agents' trainings, by path such as pretrained/demo.
    """

    cards: list[Card] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    known_place: dict[str, dict[str, Any]] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, dict[str, list]] = field(default_factory=dict)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    known: dict[str, dict[str, bool | str]] = field(default_factory=dict)


def read(folder: Path, pretrained: Path) -> Results:
    """Read all result files.

    Args:
        folder: Folder of tables, costs and further results.
        pretrained: Folder of the agents.

    Raises:
        UserError: A file is none of these.
    """
    found = Results()
    known: dict[str, dict[str, bool | str]] = {}
    for name in cards.names(pretrained):
        card = cards.read_card(name, pretrained)
        found.cards.append(card)
        known[name] = found.known[f"{cards.PREFIX}/{name}"] = training_of(card)
        found.records += [{"agent": name, **known[name], **each} for each in card.results]
        curve = pretrained / f"{name}.curve.json"
        found.curves[name] = parse(dict[str, list[float | None]], read_json(curve), str(curve))
    for file in sorted(folder.rglob("*.json")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name == SUMMARY or name.startswith("leaderboard/"):
            continue
        if name.startswith(COMPARISONS):
            found.comparisons[name.removeprefix(COMPARISONS)] = read_comparison(file)
            continue
        content = parse(dict[str, Any], read_json(file), str(file))
        if name == "costs":
            found.costs = parse(dict[str, dict[str, Any]], content, str(file))
        elif name == KNOWN_PLACE:
            found.known_place = parse(dict[str, dict[str, Any]], content, str(file))
        elif "cells" in content:
            require_keys({"settings": dict, "cells": list[dict[str, Any]]}, content, str(file))
            for index, cell in enumerate(content["cells"]):
                of_agent = cell.get("track", ALGORITHMS) != ALGORITHMS
                keys = CELL | OF_AGENT if of_agent else CELL
                require_keys(keys, cell, f"{file}: cells[{index}]")
            found.tables[name] = content
        else:
            name = name.removeprefix("agents/")
            training = known.get(name, {})
            common = {"agent": name, **training, "rounded": bool(training.get("float16"))}
            found.records += [{**common, **each} for each in read_measurements(file)]
    return found


def training_of(card: Card) -> dict[str, bool | str]:
    """Properties of a training that the page marks, see `reports.markdown.results.marks`."""
    agent = parse(dict[str, Any], card.config.get("agent"), f"{card.name}.json: config.agent")
    return {
        "labels": agent.get("aux") == "privileged",
        "aux": agent.get("aux", "none"),
        "map": bool(agent.get("map_radius")),
        "privileged_critic": bool(agent.get("privileged_critic")),
        "preset": card.preset is not None,
        "float16": card.precision == "float16",
        "resumed": isinstance(card.commit, list) and len(card.commit) > 1,
    }


def page(found: Results) -> str:
    """The page, as Markdown."""
    return "\n".join(
        [
            INTRODUCTION,
            tabular_section("bandits", found.tables, found.known),
            tabular_section("mdps", found.tables, found.known),
            *learning_section(summary(found.tables)),
            *learnt_section(found.tables, found.cards),
            mazes_section(found.records),
            *known_place_section(found.known_place, f"{KNOWN_PLACE}.json"),
            *comparisons_section(found.comparisons),
            costs_section(found.costs, found.cards),
        ]
    )


def main() -> int | None:
    """Entry point; returns the exit code."""
    return cli.run("results", ResultsConfig, run)


def run(settings: ResultsConfig) -> int:
    """Write the page, the summary and the figures, or check the first two; 1 if out of date."""
    found = read(ROOT / "results", cards.PRETRAINED)
    medians = summary(found.tables) | maze_summary(found.cards)
    texts = {
        ROOT / "RESULTS.md": page(found),
        ROOT / "results" / f"{SUMMARY}.json": json.dumps(medians, indent=1) + "\n",
    }
    if settings.check:
        stale = [
            path
            for path, text in texts.items()
            if not path.is_file() or path.read_text(encoding="utf-8") != text
        ]
        for path in texts:
            what = "is not what the files give" if path in stale else "is up to date"
            print(f"{path.relative_to(ROOT)} {what}")
        return int(bool(stale))
    figures = ROOT / "results" / "figures"
    learning = draw_learning(found.curves, found.cards, medians, figures)
    learnt = draw_learnt_index(found.tables, found.cards, figures)
    compared = draw_comparisons(found.comparisons, figures)
    training = draw_curves(found.curves, found.cards, found.records, figures)
    overview = draw_overview(found.records, figures)
    for path in filter(None, [learning, learnt, compared, training, overview]):
        print(path.relative_to(ROOT))
    for path, text in texts.items():
        write_text(path, text)
        print(path.relative_to(ROOT))
    return 0
