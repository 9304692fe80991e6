"""Main program: the tables of the bandits and of the small MDPs, beside the published ones.

    rl2 tables suite=bandits
    rl2 tables suite=mdps tuning=held_out prior=true
    rl2 tables suite=bandits rows=[k5_n10] agents=[runs/k5_n10]

Plays every human-designed algorithm, and the agents given, on the same fresh tasks. Writes
table.md, table.json, cells.csv, cells.parquet and curves.png, and ends with one line of JSON.

keys:
    suite         bandits or mdps
    rows          which rows, like k50_n1000 or n25 or s3_a2_t5_n10; not given: the paper's
    algorithms    which algorithms; not given: all
    agents        trained agents, each a run's folder, a weights file or pretrained/NAME
    tuning        paper: each parameter's best value on the reported tasks; held_out: on other tasks
    prior         published: MDP algorithms believe in a mean reward of 0; true: in the true one, 1
    num_tasks     tasks of each row
    seed          of everything that is drawn
    device        cpu, cuda, cuda:1 ...
    output_dir    where results go; not given: runs/tables/<suite>
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("tables")

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ..core.errors import UserError
from ..core.tabular.algorithms import Algorithm
from ..core.tabular.suite import TabularSuite, tabular_suites
from ..core.types import Agent
from .tabular.cells import as_cells
from .tabular.report import markdown, write_report
from .tabular.tuning import Player

TUNINGS = ("paper", "held_out")
PRIORS = ("published", "true")


@dataclass
class TablesConfig:
    """The keys; the module's docstring says what each means."""

    suite: str = MISSING
    rows: list[str] = field(default_factory=list)
    algorithms: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    tuning: str = "paper"
    prior: str = "published"
    num_tasks: int = 1000
    seed: int = 0
    device: str = "cpu"
    output_dir: str | None = None

    def __post_init__(self):
        for key, known in (("suite", tabular_suites()), ("tuning", TUNINGS), ("prior", PRIORS)):
            if getattr(self, key) not in known:
                raise UserError(f"{key} is {getattr(self, key)!r}; it must be one of {list(known)}")
        if self.prior != "published" and not tabular_suites()[self.suite].has_priors:
            raise UserError(f"prior is {self.prior!r}; suite {self.suite!r} has 'published' alone")
        if self.num_tasks < 2:
            raise UserError(f"num_tasks is {self.num_tasks}; standard errors need at least 2")
        for key in ("rows", "algorithms", "agents"):
            given = getattr(self, key)
            if len(set(given)) < len(given):
                raise UserError(f"{key} is {list(given)}; each may be named once")


def parse(arguments: Sequence[str]) -> TablesConfig:
    """Reads `key=value` arguments.

    Raises:
        UserError: A key or value is wrong; one line says what would be right.
    """
    keys = [each.name for each in fields(TablesConfig)]
    for argument in arguments:
        key, equals, _ = argument.partition("=")
        if not equals:
            raise UserError(f"{argument!r} is no key=value; the keys are {', '.join(keys)}")
        if key not in keys:
            near = get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(keys)}"
            raise UserError(f"there is no key {key!r}; {hint}")
    try:
        given = OmegaConf.from_cli(list(arguments))
        for key, value in given.items():
            if isinstance(value, bool):  # no key is a switch: prior=true means the word
                given[key] = str(value).lower()
        config = OmegaConf.merge(OmegaConf.structured(TablesConfig), given)
        if OmegaConf.is_missing(config, "suite"):
            raise UserError(f"suite is not given; it must be one of {list(tabular_suites())}")
        return OmegaConf.to_object(config)  # pyright: ignore[reportReturnType]
    except OmegaConfBaseException as error:
        key = getattr(error, "full_key", None) or "?"
        raise UserError(f"{key}: {str(error).splitlines()[0]}") from error


def load_agent(path: str, device: torch.device) -> tuple[Agent, Any]:
    """A trained agent, and the sizes (`Spaces`) that it was made for."""
    from ..agents.training.checkpoint import load_agent as load

    agent, _ = load(path)
    return agent.to(device), agent.spaces


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    try:
        run(parse(arguments))
    except (ValueError, OSError) as error:
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        return 2
    return 0


def run(config: TablesConfig) -> None:
    """Plays, writes, prints."""
    from tqdm import tqdm

    began = time.perf_counter()
    suite = tabular_suites()[config.suite]
    device = _device(config.device)
    rows = [suite.from_name(name) for name in config.rows or suite.paper_rows()]
    names = config.algorithms or _in_the_papers_order(suite)
    algorithms = [suite.algorithms().get(name) for name in names]
    folder = _folder(config)

    with tqdm(desc=f"tables of {config.suite}", unit="run", dynamic_ncols=True) as bar:

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
    # What was run, and not where it was written: the files are to be carried about.
    settings = {key: value for key, value in vars(config).items() if key != "output_dir"}
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
    agent, spaces = load_agent(path, device)
    fitting = [row for row in rows if row.spaces == spaces]
    if not fitting:
        raise UserError(f"agents: {path} is for {spaces}, which none of the rows has")
    return Algorithm(path, f"RL² ({Path(path).name})", lambda suite, device: agent), fitting


def _device(name: str) -> torch.device:
    try:
        return torch.zeros(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"device {name!r} cannot be used: {error}") from error


def _folder(config: TablesConfig) -> Path:
    folder = Path(config.output_dir or f"runs/tables/{config.suite}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output_dir {folder} cannot be made: {error.strerror}") from error
    return folder
