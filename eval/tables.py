"""Main program: the tables of the bandits and of the small MDPs, beside the published ones.

    rl2 tables suite=bandits
    rl2 tables suite=mdps tuning=held_out prior=true
    rl2 tables suite=bandits rows=[k5_n10] agents=[runs/k5_n10]

Plays every human-designed algorithm, and the agents given, on the same fresh tasks. Writes
table.md, table.json, cells.csv, cells.parquet and curves.png, and ends with one line of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("tables")

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from omegaconf import MISSING
from tqdm import tqdm

from ..agents.networks.actor_critic import ActorCritic
from ..agents.runtime.device import resolve_device
from ..agents.training.checkpoint import load_agent
from ..core import cli
from ..core.errors import UserError
from ..core.tabular.algorithms import Algorithm
from ..core.tabular.suite import TabularSuite, tabular_suites
from ..core.types import Agent
from ..core.validation import count, seed
from .tabular.cells import as_cells
from .tabular.report import markdown, write_report
from .tabular.tuning import Player

TUNINGS = ("paper", "held_out")
PRIORS = ("published", "true")


@dataclass
class TablesConfig:
    """Keys of rl2 tables.

    Attributes:
        suite_name: bandits or mdps.
        rows: Rows of the table, such as k50_n1000, n25 or s3_a2_t5_n10; those of the paper if
            empty.
        algorithms: Algorithms to play; all if empty.
        agents: Trained agents: each a run's folder, a checkpoint's folder, a .safetensors file or
            pretrained/NAME.
        tuning: Tasks on which the parameters of algorithms are tuned: paper for the reported ones,
            held_out for others.
        prior: Mean reward that MDP algorithms believe in: published for 0, true for the true 1.
        num_tasks: Tasks of each row.
        seed: Seed of tasks and algorithms.
        device: cpu, cuda, cuda:N, or auto for CUDA where there is any.
        output_dir: Folder of the results; if not given, runs/tables/SUITE.
    """

    suite_name: str = MISSING
    rows: list[str] = field(default_factory=list)
    algorithms: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    tuning: str = "paper"
    prior: str = "published"
    num_tasks: int = count(1000, least=2)  # for standard errors
    seed: int = seed(0)
    device: str = "cpu"
    output_dir: str | None = None

    def __post_init__(self):
        self.prior = self.prior.lower()  # Hydra reads prior=true as a boolean, and writes True
        suites = tabular_suites()
        for key, value, known in (
            ("suite", self.suite_name, suites),
            ("tuning", self.tuning, TUNINGS),
            ("prior", self.prior, PRIORS),
        ):
            if value not in known:
                raise UserError(f"{key} is {value!r}; it must be one of {list(known)}")
        if self.prior != "published" and not suites[self.suite_name].has_priors:
            raise UserError(
                f"prior is {self.prior!r}; suite {self.suite_name!r} has 'published' alone"
            )
        for key in ("rows", "algorithms", "agents"):
            given = getattr(self, key)
            if len(set(given)) < len(given):
                raise UserError(f"{key} is {list(given)}; each may be named once")


def main() -> None:
    """Entry point of `rl2 tables`."""
    cli.run("tables", TablesConfig, run)


def run(config: TablesConfig) -> None:
    """Play, write and print the tables."""
    began = time.perf_counter()
    suite = tabular_suites()[config.suite_name]
    device = resolve_device(config.device)
    rows = [suite.from_name(name) for name in config.rows or suite.paper_rows()]
    names = config.algorithms or _in_the_papers_order(suite)
    algorithms = [suite.algorithms().get(name) for name in names]
    folder = _folder(config)

    with tqdm(desc=f"tables of {config.suite_name}", unit="run", dynamic_ncols=True) as bar:

        def finished(title: str, total: int) -> None:
            if bar.n >= (bar.total or 0):  # the first run of a round
                bar.total = bar.n + total
            bar.set_postfix_str(title, refresh=False)
            bar.update()

        def player(arguments: dict[str, Any]) -> Player:
            return Player(arguments, config.num_tasks, config.seed, device, finished)

        arguments = {"prior": config.prior} if suite.has_priors else {}
        scores = player(arguments).best(algorithms, rows, config.tuning)
        for path in config.agents:
            trained, fitting = _trained(path, rows, device)
            scores += player({}).best([trained], fitting, "paper")

    cells = as_cells(scores, suite)
    # Without the folder, so that equal runs have equal files.
    settings = {
        cli.key_of_field(key): value for key, value in vars(config).items() if key != "output_dir"
    }
    write_report(folder, suite, rows, cells, scores, settings)
    human = [cell for cell in cells if cell.z is not None and cell.algorithm in names]
    outside = [f"{cell.row} {cell.algorithm}" for cell in human if abs(cell.z or 0) > 3]
    print(markdown(suite, rows, cells))
    print(f"\nfiles: {', '.join(str(path) for path in sorted(folder.iterdir()))}\n")
    result = {
        "cells": len(human),
        "within_3se": len(human) - len(outside),
        "outside": outside,
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(result))


def _in_the_papers_order(suite: type[TabularSuite]) -> list[str]:
    printed = [name for cells in suite.published_tables[0].rows.values() for name in cells]
    known = suite.algorithms().all()
    return [*dict.fromkeys(name for name in printed if name in known), *(known.keys() - printed)]


def _trained(path: str, rows: Sequence[Any], device: torch.device) -> tuple[Algorithm, list[Any]]:
    """A checkpoint as an algorithm with nothing to tune, and the rows whose sizes it fits."""
    agent = load_agent(path)[0].to(device)
    fitting = [row for row in rows if _acts_in(agent, row)]
    if not fitting:
        raise UserError(f"agents: {path} is for {agent.spaces}, which none of the rows has")

    def build(suite: Any, device: torch.device) -> Agent:
        return agent.for_spaces(suite.spaces)

    return Algorithm(path, f"RL² ({Path(path).name})", build, anytime=False), fitting


def _acts_in(agent: ActorCritic, suite: Any) -> bool:
    try:
        agent.for_spaces(suite.spaces)
    except UserError:
        return False
    return True


def _folder(config: TablesConfig) -> Path:
    folder = Path(config.output_dir or f"runs/tables/{config.suite_name}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output_dir {folder} cannot be made: {error.strerror}") from error
    return folder
