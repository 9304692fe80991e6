"""Main program: the tables of the bandits and of the small MDPs, beside the published ones.

    rl2 tables suite=bandits
    rl2 tables suite=mdps tuning=held_out prior=true
    rl2 tables suite=bandits rows=[k5_n10] agents=[runs/k5_n10]
    rl2 tables suite=bandits algorithms=[none] num_tasks=4000 'agents=[runs/a/*,runs/b/*]'

Plays every human-designed algorithm, and the agents given, on the same fresh tasks. Writes
table.md, table.json, cells.csv, cells.parquet and curves.png, and ends with one line of JSON.

Agents are kept apart by track, see `eval.tabular.tracks`. An agent that was trained on one of the
rows plays that row; one that was trained on a mixture, or on none of them, plays each that it fits.
So does an agent from outside, named by package.module:Name.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("tables")

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from omegaconf import MISSING

from ..agents.networks.actor_critic import ActorCritic
from ..agents.runtime.device import resolve_device
from ..agents.zoo import cards
from ..core import cli
from ..core.errors import UserError
from ..core.progress import progress_bar
from ..core.storage.run_folder import kept_if_filled
from ..core.suite import suite_of
from ..core.tabular.algorithms import Algorithm
from ..core.tabular.suite import TabularSuite, tabular_suites
from ..core.types import Agent
from ..core.validation import count, seed
from .adapters.calls import UnfitError
from .adapters.loading import OutsideAgent, is_outside, load_trained
from .tabular.cells import as_cells
from .tabular.report import markdown, write_report
from .tabular.tracks import ONE_AGENT, OUTSIDE, Training, is_own_row
from .tabular.tuning import Player
from .trials.setup import require_kind

TUNINGS = ("paper", "held_out")
PRIORS = ("published", "true")
NONE = "none"


@dataclass
class TablesConfig:
    """Keys of rl2 tables.

    Attributes:
        suite_name: bandits or mdps.
        rows: Rows of the table, such as k50_n1000, n25 or s3_a2_t5_n10; those of the paper if
            empty.
        algorithms: Algorithms to play; all if empty, and [none] for none.
        agents: Trained agents: each a run's folder, a checkpoint's folder, a .safetensors file or
            pretrained/NAME. A name that ends in /* means every seed in that folder that has
            weights. Or agents from outside, package.module:Name.
        tuning: Tasks on which the parameters of algorithms are tuned: paper for the reported ones,
            held_out for others.
        prior: Mean reward that MDP algorithms believe in: published for 0, true for the true 1.
        num_tasks: Tasks of each row.
        seed: Seed of tasks and algorithms.
        device: cpu, cuda, cuda:N, or auto for CUDA where there is any.
        output_dir: Folder of the results; if not given, runs/tables/SUITE.
    """

    FOLDER_OF: ClassVar = ("suite_name",)

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
        if self.algorithms == [NONE] and not self.agents:
            raise UserError("algorithms is [none]; then agents=[...] must name what to play")
        for key in ("rows", "algorithms", "agents"):
            _require_once(key, getattr(self, key))


def _require_once(key: str, names: Sequence[str]) -> None:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise UserError(f"{key} names {', '.join(twice)} more than once")


def main() -> None:
    """Entry point of `rl2 tables`."""
    cli.run("tables", TablesConfig, run)


def run(config: TablesConfig) -> None:
    """Write the tables into their folder, which is not left behind empty."""
    with kept_if_filled(_folder(config)):
        tabulate(config)


def tabulate(config: TablesConfig) -> None:
    """Play, write and print the tables."""
    began = time.perf_counter()
    suite = tabular_suites()[config.suite_name]
    device = resolve_device(config.device)
    rows = [suite.from_name(name) for name in config.rows or suite.paper_rows()]
    _require_once("rows", [row.name for row in rows])
    names = config.algorithms or _in_the_papers_order(suite)
    names = [] if names == [NONE] else names
    algorithms = [suite.algorithms().get(name) for name in names]
    paths = _each_seed(config.agents)
    _require_once("agents", paths)
    subjects = [_subject(path, rows, device) for path in paths]
    folder = _made(_folder(config))

    with progress_bar(desc=f"tables of {config.suite_name}", unit="run") as bar:

        def finished(title: str, total: int) -> None:
            if bar.n >= (bar.total or 0):  # the first run of a round
                bar.total = bar.n + total
            bar.set_postfix_str(title, refresh=False)
            bar.update()

        def player(arguments: dict[str, Any]) -> Player:
            return Player(arguments, config.num_tasks, config.seed, device, finished)

        arguments = {"prior": config.prior} if suite.has_priors else {}
        scores = player(arguments).best(algorithms, rows, config.tuning)
        for subject in subjects:
            scores += player({}).best([subject.algorithm], subject.rows, "paper")

    trainings = {each.algorithm.name: each.training for each in subjects}
    cells = as_cells(scores, suite, trainings)
    # Without the folder, so that equal runs have equal files.
    settings = {
        cli.key_of_field(key): value for key, value in vars(config).items() if key != "output_dir"
    }
    write_report(folder, suite, rows, cells, scores, settings)
    human = [cell for cell in cells if cell.z is not None and cell.algorithm in names]
    outside = [f"{cell.row} {cell.algorithm}" for cell in human if abs(cell.z or 0) > 3]
    print(markdown(suite, rows, cells))
    print(f"\nby regret\n\n{markdown(suite, rows, cells, by_regret=True)}")
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


class Subject(NamedTuple):
    """An agent as an algorithm with nothing to tune."""

    algorithm: Algorithm
    training: Training
    rows: list[Any]  # that it plays


def _each_seed(paths: Sequence[str]) -> list[str]:
    """The agents named, with every folder or agent that a name ending in /* stands for.

    Published agents without weights are left out, unless their family has none with weights: then
    the error says how to train one.
    """
    found = []
    for path in paths:
        if not path.endswith("/*"):
            found.append(path)
            continue
        family, prefix = path.removesuffix("*"), f"{cards.PREFIX}/"
        if path.startswith(prefix):
            wanted = family.removeprefix(prefix).rstrip("/")
            names = [name for name in cards.names() if name.rpartition("/")[0] == wanted]
            loadable = [name for name in names if cards.read_card(name).has_weights]
            some = [f"{prefix}{name}" for name in loadable or names]
        else:
            folders = sorted(Path(family).glob("seed_*"), key=lambda each: (len(each.name), each))
            some = [str(each) for each in folders]
        if not some:
            raise UserError(f"agents: there is no seed in {family}")
        found += some
    return found


def _subject(path: str, rows: Sequence[Any], device: torch.device) -> Subject:
    """Load an agent and choose its rows."""
    return _outside(path, rows) if is_outside(path) else _trained(path, rows, device)


def _outside(path: str, rows: Sequence[Any]) -> Subject:
    """Import an agent from outside, which plays each row that it fits."""
    agent = OutsideAgent(path)
    fitting, unfit = [], ""
    for row in rows:
        try:
            agent.for_spaces(row.spaces)
            fitting.append(row)
        except UnfitError as error:
            unfit = str(error)
    if not fitting:
        raise UserError(f"agents: {path} fits none of the rows: {unfit}")

    def build(suite: Any, device: torch.device) -> Agent:
        return agent.for_spaces(suite.spaces).to(device)

    return Subject(Algorithm(path, path, build, anytime=False), Training(OUTSIDE), fitting)


def _trained(path: str, rows: Sequence[Any], device: torch.device) -> Subject:
    """Load a checkpoint and choose its rows."""
    loaded, card = load_trained(path)
    require_kind(path, suite_of(card.suite), rows[0].kind)
    agent, training = loaded.to(device), Training.of(loaded, card)
    fitting = [row for row in rows if _acts_in(agent, row)]
    if not fitting:
        raise UserError(f"agents: {path} is for {agent.spaces}, which none of the rows has")
    own = [row for row in fitting if is_own_row(training.trained_on or "", row.name)]
    if training.track != ONE_AGENT and own:
        fitting = own

    def build(suite: Any, device: torch.device) -> Agent:
        return agent.for_spaces(suite.spaces)

    title = training.title
    if not own and training.track != ONE_AGENT:
        title += f", trained on {training.trained_on}"
    return Subject(Algorithm(path, title, build, anytime=False), training, fitting)


def _acts_in(agent: ActorCritic, suite: Any) -> bool:
    try:
        agent.for_spaces(suite.spaces)
    except UserError:
        return False
    return True


def _folder(config: TablesConfig) -> Path:
    return Path(config.output_dir or f"runs/tables/{config.suite_name}")


def _made(folder: Path) -> Path:
    """The folder, made if it does not exist."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output_dir {folder} cannot be made: {error.strerror}") from error
    return folder
