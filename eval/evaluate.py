"""Main program: measures an agent on mazes it has never seen, in the engine, and films a trial.

    rl2-eval checkpoint=runs/demo/seed_0
    rl2-eval agent=pretrained/bandit_k5_n10
    rl2-eval checkpoint=runs/demo/seed_0 suite=mazes/grid_large num_trials=500
    rl2-eval checkpoint=runs/demo/seed_0 split=paper_test video=false

Prints a table, says where everything lies, and ends with one line of JSON. An agent of a tabular
suite is measured on fresh bandits or MDPs instead (`eval.tabular.measure`).
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("eval")

import json
import time
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import MISSING

from ..agents.networks.rl2_agent import RL2Agent
from ..agents.training.checkpoint import AgentCard, CheckpointError, find_weights, load_agent
from ..core import cli
from ..core.errors import UserError
from ..core.run_folder import lock
from ..core.suite import suite_of
from ..core.tabular.suite import TabularSuite
from ..core.trial import Trial
from ..core.types import Spaces
from ..mazes.doom.pool import EngineSettings
from ..mazes.planning.shortest_paths import shortest_lengths
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeSet, share_among
from ..mazes.twin.twin import TwinSettings
from .metrics.summary import summary
from .reports.markdown.comparison import against_pretrained
from .reports.markdown.episode_table import table
from .reports.markdown.evaluation import Report, overlap
from .tabular.measure import measure, tabular_table, write_tabular
from .trials.log_file import save_log
from .trials.output_folders import evaluation_folder, run_folder
from .trials.ranking import RANKS, rank_trials
from .trials.runner import TrialLog, evaluate
from .video.pair import film_pair
from .video.replay import trial_paths

RANDOM = "random"  # a trial to film, beside the ranks


@dataclass
class EvalConfig:
    """Keys of rl2-eval.

    Attributes:
        checkpoint: A run's folder, a checkpoint's folder, a .safetensors file, or pretrained/NAME;
            on the command line also agent=.
        suite: What to evaluate on; if not given, what the agent was trained on.
        engine: The judge is the engine, `doom`; the twin's word is for comparison.
        split: Of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Trials, each on a task of its own.
        episodes_per_trial: If given, other than in the suite.
        num_envs: Copies that run at the same time.
        seed: Of the sampled actions.
        greedy: Take the likeliest action at each step; the paper, and all else here, samples.
        output_dir: Where results go; if not given, evaluation/ in the run's folder, or below that
            a folder named after what else was asked for (see `eval.trials.output_folders.evaluation_folder`).
        video: Film a trial, its first two episodes side by side.
        video_trial: Which one: its index, or best, median or worst (see `eval.trials.ranking`), or random;
            if not given, the most typical one.
    """

    checkpoint: str = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = 1000
    episodes_per_trial: int | None = None
    num_envs: int = 32
    seed: int = 0
    greedy: bool = False
    output_dir: str | None = None
    video: bool = True
    video_trial: int | str | None = None


def main() -> None:
    """Entry point of `rl2-eval`."""
    cli.run("evaluate", EvalConfig, run)


def run(settings: EvalConfig) -> None:
    """One evaluation, from checkpoint to report."""
    began = time.monotonic()
    with cli.usage_errors():
        weights = find_weights(Path(settings.checkpoint))
        agent, card = load_agent(weights)
        agent.greedy = settings.greedy
        if card.suite["kind"] != "mazes":
            return _tabular(settings, weights, agent, card)
        suite = choose_suite(settings, card)
        num_envs = min(settings.num_envs, settings.num_trials)
        env, sampler = suite.build(num_envs, None, settings.engine)
    with closing(env):
        with cli.usage_errors():
            require_fit(agent, env.spaces, weights)
            folder = Path(settings.output_dir or evaluation_folder(weights))
            locked = lock(folder, "output_dir")
        tasks = torch.arange(settings.num_trials, device=env.device)
        trial = Trial(env, sampler, suite.episodes_per_trial, tasks=tasks)
        log = evaluate(
            agent.to(env.device), trial, settings.num_trials, settings.seed, progress=True
        )
    with locked:
        _report(settings, weights, card, suite, sampler, log, folder, began)


def _tabular(settings: EvalConfig, weights: Path, agent: RL2Agent, card: AgentCard) -> None:
    """An evaluation on a tabular suite, see `eval.tabular.measure`."""
    from tqdm import tqdm

    began = time.monotonic()
    row = choose_row(settings, card)
    require_fit(agent, row.spaces, weights)
    folder = Path(settings.output_dir or evaluation_folder(weights))
    title = (
        f"{settings.checkpoint} ({card.all_steps:,} steps of training) on {settings.num_trials} "
        f"{row.description}"
    )
    with lock(folder, "output_dir"), tqdm(total=1, unit="run", desc=row.name) as bar:
        figures = measure(agent, row, settings.num_trials, settings.seed, lambda *_: None)
        bar.update()
        results = {
            **figures,
            "seconds": round(time.monotonic() - began, 1),
            "train_seconds": round(card.all_seconds, 1),
            "train_steps": card.all_steps,
            "checkpoint": str(weights),
            "seed": settings.seed,
            "greedy": settings.greedy,
            "suite": asdict(row),
            "trained_on": card.suite,
        }
        table_of = tabular_table(figures, row, markdown=True)
        files = write_tabular(folder, title, table_of, results)
    print(f"\n{title}\n\n{tabular_table(figures, row)}\n")
    print("\n".join(f"{name:8}  {path}" for name, path in files.items()))
    del results["curve"], results["published"]
    print(f"\n{json.dumps(results)}")


def _report(
    settings: EvalConfig,
    weights: Path,
    card: AgentCard,
    suite: MazeSuite,
    mazes: MazeSet,
    log: TrialLog,
    folder: Path,
    began: float,
) -> None:
    """Works out the figures, writes everything into `folder`, prints what there is."""
    engine = engine_name(settings.engine)
    played = [mazes[task] for task in log.tasks.tolist()]
    episodes = suite.episodes_per_trial
    shortest = shortest_lengths(played, suite.rules.movement, episodes)
    of_episodes = [maze for maze in played for _ in range(episodes)]
    figures = summary(log, shortest, of_episodes, suite.rules)
    trained_on = share_among(played, [suite_of(each).tasks for each in card.all_suites])
    published = suite.published()
    with cli.usage_errors():
        report = Report(folder, weights, card, suite, engine, settings.seed, settings.greedy)
        report.add_overlap(trained_on)
        report.add_results(figures, table(figures, published, markdown=True))
        report.add_curve(run_folder(weights) / "metrics.jsonl")
        chosen = choose_trial(log, settings.video_trial, settings.seed)
        maze = mazes[chosen]
        report.add_paths(trial_paths(log, chosen, maze, suite.rules), chosen, maze)
        video = None
        if settings.video:
            video = folder / "trial.mp4"
            film_pair(log, chosen, maze, suite.rules, video, range(min(episodes, 2)))
            report.add_video(video, chosen)
        save_log(folder / "trials.npz", log, shortest)
        results = {
            **figures,
            "video": None if video is None else str(video),
            "report": str(report.path),
            "seconds": round(time.monotonic() - began, 1),
            "train_seconds": round(card.all_seconds, 1),
            "train_steps": card.all_steps,
            "checkpoint": str(weights),
            "engine": engine,
            "greedy": settings.greedy,
            "trained_on_share": trained_on,
        }
        report.write(results)

    print(f"\n{_title(weights, card, suite, settings, engine)}\n")
    print(table(figures, published))
    for note in (overlap(trained_on) if trained_on else None, suite.warning):
        if note:
            print(f"\nnote: {note}")
    print(f"\n{report.contents()}\n")
    with suppress(ValueError):  # a damaged card is no reason to lose what was measured
        if line := against_pretrained(run_folder(weights), report.figures):
            print(f"{line}\n")
    print(json.dumps(results))


def choose_row(settings: EvalConfig, card: AgentCard) -> TabularSuite:
    """The tabular tasks to evaluate on: those given, or those the agent was trained on."""
    row = _given_or_trained_on(settings, card)
    if settings.num_trials < 2:
        raise UserError(f"num_trials is {settings.num_trials}; standard errors need at least 2")
    if settings.episodes_per_trial is not None:
        row = row.with_episodes(settings.episodes_per_trial)
    return row


def _given_or_trained_on(settings: EvalConfig, card: AgentCard) -> Any:
    suite = suite_of(card.suite) if settings.suite is None else settings.suite
    if suite.kind != card.suite["kind"]:
        raise CheckpointError(
            f"checkpoint {settings.checkpoint} was trained on the suite {card.suite['kind']!r}; "
            f"it cannot act in {suite.kind!r}"
        )
    return suite


def choose_suite(settings: EvalConfig, card: AgentCard) -> MazeSuite:
    """The suite to evaluate on: the one given, or the one the agent was trained on."""
    suite = _given_or_trained_on(settings, card)
    suite = require_mazes(suite, settings.checkpoint)
    if settings.episodes_per_trial is not None:
        suite = replace(suite, episodes_per_trial=settings.episodes_per_trial)
    if settings.num_trials < 1 or settings.num_envs < 1:
        raise UserError(
            f"num_trials, num_envs are {settings.num_trials}, {settings.num_envs}; "
            "both must be at least 1"
        )
    require_trial(settings.video_trial, settings.num_trials, suite.episodes_per_trial)
    return suite.with_split(settings.split, settings.num_trials)


def require_mazes(suite: Any, checkpoint: str) -> MazeSuite:
    """The suite, if it is the mazes'."""
    if not isinstance(suite, MazeSuite):
        raise UserError(
            f"checkpoint {checkpoint} plays {suite.kind}, not mazes; measure it with "
            f"rl2-eval checkpoint={checkpoint}"
        )
    return suite


def engine_name(engine: EngineSettings | TwinSettings) -> str:
    """The simulator's name in reports."""
    return "twin" if isinstance(engine, TwinSettings) else "ViZDoom"


def require_trial(wanted: int | str | None, num_trials: int, episodes: int) -> None:
    """An error unless `choose_trial` will find such a trial."""
    if wanted is None or wanted == RANDOM:
        return
    if wanted in RANKS:
        if episodes < 2:
            raise UserError(
                f"video_trial is {wanted}, which compares episode 2 with episode 1; with "
                f"episodes_per_trial={episodes} it must be an index or {RANDOM}"
            )
    elif not isinstance(wanted, int) or not 0 <= wanted < num_trials:
        raise UserError(
            f"video_trial is {wanted}; it must be one of the trials 0 .. {num_trials - 1}, or one "
            f"of {', '.join((*RANKS, RANDOM))}"
        )


def choose_trial(log: TrialLog, wanted: int | str | None, seed: int = 0) -> int:
    """The trial to show: the one asked for, or the most typical one.

    That is the one whose lengths are closest to the mean lengths, among trials that reached the
    target in every episode, if there are any.

    Args:
        log: What was run.
        wanted: An index, a rank (see `eval.trials.ranking`), `random`, or None for the most typical one.
        seed: Of the random one.
    """
    if wanted == RANDOM:
        return int(np.random.default_rng(seed).integers(len(log.length)))
    if isinstance(wanted, str):
        return rank_trials(log)[wanted]
    if wanted is not None:
        return wanted
    whole = np.asarray(log.success.all(axis=1))
    candidates = np.flatnonzero(whole) if whole.any() else np.arange(len(whole))
    lengths = log.length[candidates]
    return int(candidates[((lengths - lengths.mean(axis=0)) ** 2).sum(axis=1).argmin()])


def require_fit(agent: RL2Agent, spaces: Spaces, weights: Path) -> None:
    """An error unless the agent sees and does what the suite shows and takes."""
    if agent.spaces != spaces:
        raise CheckpointError(
            f"{weights} is an agent for {agent.spaces}, the suite has {spaces}; "
            "choose another suite=... or checkpoint=..."
        )


def _title(
    weights: Path, card: AgentCard, suite: MazeSuite, settings: EvalConfig, engine: str
) -> str:
    how = ", greedy actions" * settings.greedy
    return (
        f"{weights.parent} ({card.all_steps:,} steps of training) on {settings.num_trials} "
        f"{suite.description}, in {engine}{how}"
    )
