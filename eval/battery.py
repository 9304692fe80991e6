"""Main program: where does an agent's gain come from, and how far does it reach?

    rl2 battery checkpoint=runs/demo/seed_0
    rl2 battery checkpoint=runs/demo/seed_0 engine=doom num_trials=200
    rl2 battery checkpoint=runs/demo/seed_0 only=[controls]

Runs the agent as it was trained; under controls, which take something away from it; in mazes unlike
those of its training; in the other simulator; and beside it scripted baselines (`eval.controls.conditions`
lists them all). Writes battery.md, battery.csv and battery.json beside the run's evaluation, prints
a table and ends with one line of JSON:

    ratio                    length of episode 2 over episode 1, of trials that succeed in both
    reset_ratio              the same with a memory that starts afresh with every episode
    shortening_lost_by_reset 1 - (1 - reset_ratio) / (1 - ratio): 1 if all of it was memory
    blind_success            share of episodes that reach the target with the camera covered
    oracle_length            mean steps of the shortest way
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("battery")

import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import MISSING

from ..agents.networks.rl2_agent import RL2Agent
from ..agents.training.checkpoint import AgentCard, find_weights, load_agent
from ..core import cli
from ..core.errors import UserError
from ..core.run_folder import lock
from ..core.suite import suite_of
from ..core.trial import Trial
from ..core.types import BatchedEnv
from ..mazes.doom.pool import DoomPool, EngineSettings
from ..mazes.planning.shortest_paths import shortest_lengths
from ..mazes.rules import MazeRules
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeSet, share_among
from ..mazes.twin.twin import TwinEnv, TwinSettings
from .controls.conditions import AS_TRAINED, GROUPS, Condition, conditions
from .controls.moved_target import MovedTargets, move_targets
from .controls.wrappers import BLIND, RESET
from .evaluate import engine_name, require_fit, require_mazes
from .metrics.lost_shortening import lost_shortening
from .metrics.summary import summary
from .reports.markdown.battery import battery_table, write_battery
from .trials.output_folders import run_folder
from .trials.runner import TrialLog, evaluate

COPIES = {"twin": 128, "ViZDoom": 32}  # at the same time, if not said otherwise
Engine = EngineSettings | TwinSettings


@dataclass
class BatteryConfig:
    """Keys of rl2 battery.

    Attributes:
        checkpoint: A run's folder, a checkpoint's folder, a .safetensors file, or pretrained/NAME.
        engine: Where it is run; one condition is run in the other simulator, for comparison.
        split: Of the mazes, as in EvalConfig.
        num_trials: Trials of each condition, each on a maze of its own.
        num_envs: Copies that run at the same time; 0 means 128 in the twin, 32 in the engine.
        seed: Of the sampled actions.
        only: Names or groups of the conditions to run, as the table shows them; empty for all.
        output_dir: Where results go; if not given, evaluation/ in the run's folder.
    """

    checkpoint: str = MISSING
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = 1000
    num_envs: int = 0
    seed: int = 0
    only: list[str] = field(default_factory=list)
    output_dir: str | None = None


def main() -> None:
    """Entry point."""
    cli.run("battery", BatteryConfig, run)


def run(settings: BatteryConfig) -> None:
    """The whole battery, from checkpoint to files."""
    began = time.monotonic()
    with cli.usage_errors():
        weights = find_weights(Path(settings.checkpoint))
        agent, card = load_agent(weights)
        suite = choose_mazes(settings, card)
        mazes = MazeSet.draw(suite.tasks)
        chosen = choose_conditions(settings, suite, mazes)
        folder = Path(settings.output_dir or run_folder(weights) / "evaluation")
        locked = lock(folder, "output_dir")
    with locked:
        logs, results = run_all(chosen, agent, weights, settings)
        figures = headline(logs, results) | {
            "trials": settings.num_trials,
            "seed": settings.seed,
            "engine": engine_name(settings.engine),
            "checkpoint": str(weights),
            "train_steps": card.all_steps,
            "trained_on_share": share_among(
                list(mazes), [suite_of(each).tasks for each in card.all_suites]
            ),
            "seconds": round(time.monotonic() - began, 1),
        }
        with cli.usage_errors():
            files = write_battery(folder, figures, results, asdict(suite))
    print(f"\n{battery_table(results)}\n")
    print("\n".join(f"{name:8}  {path}" for name, path in files.items()))
    print(f"\n{json.dumps(figures)}")


def choose_mazes(settings: BatteryConfig, card: AgentCard) -> MazeSuite:
    """What the agent was trained on, with other mazes."""
    suite = require_mazes(suite_of(card.suite), settings.checkpoint)
    for key, least in (("num_trials", 1), ("num_envs", 0)):
        if getattr(settings, key) < least:
            raise UserError(f"{key} is {getattr(settings, key)}; it must be at least {least}")
    return suite.with_split(settings.split, settings.num_trials)


def choose_conditions(settings: BatteryConfig, suite: MazeSuite, mazes: MazeSet) -> list[Condition]:
    """The conditions to run: all, or those that are named alone or by their group."""
    every = list(conditions(suite, mazes, engine_name(other_engine(settings.engine))))
    known = {name for each in every for name in (each.name, each.group)}
    if unknown := sorted(set(settings.only) - known):
        raise UserError(
            f"only names {unknown[0]!r}; it must name groups, {', '.join(GROUPS)}, or conditions, "
            + ", ".join(each.name for each in every)
        )
    only = set(settings.only) or known
    return [each for each in every if {each.name, each.group} & only]


def run_all(
    chosen: list[Condition], agent: RL2Agent, weights: Path, settings: BatteryConfig
) -> tuple[dict[str, TrialLog], list[dict[str, Any]]]:
    """Runs one condition after the other, under one progress bar.

    Returns:
        The logs by name, and for each condition what it is and its figures.
    """
    from tqdm import tqdm

    logs, results = {}, {}
    with tqdm(total=len(chosen) * settings.num_trials, unit="trial", dynamic_ncols=True) as bar:
        # If the other simulator cannot start, better to know it now than after minutes.
        for condition in sorted(chosen, key=lambda each: not each.elsewhere):
            bar.set_description(condition.name)
            log, figures = run_condition(condition, agent, weights, settings, bar.update)
            bar.total -= settings.num_trials - figures["trials"]
            logs[condition.name], results[condition.name] = log, figures
    return logs, [results[each.name] for each in chosen]


def run_condition(
    condition: Condition, agent: RL2Agent, weights: Path, settings: BatteryConfig, progress
) -> tuple[TrialLog, dict[str, Any]]:
    """Plays a condition's trials and works out its figures."""
    engine = other_engine(settings.engine) if condition.elsewhere else settings.engine
    rules, episodes = condition.rules, condition.episodes
    with cli.usage_errors():
        mazes = condition.mazes()
        num_trials = min(settings.num_trials, len(mazes))
        of_episodes = [maze for maze in mazes for _ in range(episodes)]
        if condition.moves_target:
            mazes = move_targets(mazes, episodes, settings.seed)
            of_episodes = list(mazes)
        copies = min(settings.num_envs or COPIES[engine_name(engine)], num_trials)
        env = start(mazes, rules, copies, engine)
    with closing(env):
        with cli.usage_errors():
            require_fit(agent, env.spaces, weights)
        if condition.moves_target:
            env = MovedTargets(env, episodes)
        tasks = torch.arange(num_trials, device=env.device)
        trial = Trial(env, mazes, episodes, tasks=tasks)
        actor = condition.agent(agent.to(env.device), trial)
        log = evaluate(actor, trial, num_trials, settings.seed, progress)
    shortest = _shortest_lengths(mazes, rules.movement, episodes)
    if condition.moves_target:
        shortest = shortest[:, 0].reshape(-1, episodes)
    meaning = condition.meaning
    if num_trials < settings.num_trials:
        meaning += f"; {num_trials} trials, since the split has no more such mazes"
    figures = {
        "condition": condition.name,
        "group": condition.group,
        "meaning": meaning,
        "engine": engine_name(engine),
        "horizon": rules.horizon,
        "episodes": episodes,
        **summary(log, shortest, of_episodes, rules),
    }
    return log, figures


def start(mazes: MazeSet, rules: MazeRules, copies: int, engine: Engine) -> BatchedEnv:
    """A simulator of the mazes."""
    if isinstance(engine, TwinSettings):
        return TwinEnv(mazes, rules, copies, engine)
    return DoomPool(mazes, rules, copies, engine)


def other_engine(engine: Engine) -> Engine:
    """The simulator that `engine` is not."""
    return EngineSettings() if isinstance(engine, TwinSettings) else TwinSettings()


@lru_cache(maxsize=1)  # most conditions share their mazes
def _shortest_lengths(mazes: MazeSet, movement: str, episodes: int) -> np.ndarray:
    return shortest_lengths(mazes.mazes, movement, episodes)


def headline(logs: dict[str, TrialLog], results: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of the last line, see the module; None where they are not defined or not run."""
    found = {each["condition"]: each for each in results}
    lost = None, None
    if AS_TRAINED in logs and RESET in logs:
        lost = lost_shortening(logs[AS_TRAINED], logs[RESET], np.random.default_rng(0))
    blind = logs.get(BLIND)
    agent = found.get(AS_TRAINED, {})
    return {
        "length_ratio": agent.get("length_ratio"),
        "length_ratio_ci": agent.get("length_ratio_ci"),
        "reset_length_ratio": found.get(RESET, {}).get("length_ratio"),
        "reset_length_ratio_ci": found.get(RESET, {}).get("length_ratio_ci"),
        "shortening_lost_by_reset": lost[0],
        "shortening_lost_by_reset_ci": lost[1],
        "blind_success": None if blind is None else float(blind.success.mean()),
        "shortest_length": agent.get("shortest_length", [None])[0],
        "gap_closed": agent.get("gap_closed"),
    }
