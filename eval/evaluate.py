"""Evaluate an agent on tasks it has never seen, and film a trial.

    rl2-eval agent=runs/demo/seed_0
    rl2-eval agent=pretrained/bandit_k5_n10
    rl2-eval agent=runs/demo/seed_0 suite=mazes/grid_large num_trials=500
    rl2-eval agent=runs/demo/seed_0 split=paper_test video=false

Mazes run in the engine by default. Prints a table, lists the files and ends with one line of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("eval")

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from ..core import cli
from ..core.errors import first_line
from ..core.metrics import METRICS
from ..core.storage.run_folder import locked
from .controls.wrappers import MemoryReset
from .leaderboard.submit import Draft, draft
from .metrics.figures import figures_of
from .reports.markdown.comparison import against_pretrained
from .reports.markdown.episode_table import table
from .reports.markdown.evaluation import Report
from .tabular.page import tabular_table, write_tabular
from .trials.log_file import save_log
from .trials.output_folders import ASKED, evaluation_folder
from .trials.ranking import choose_trial, require_trial
from .trials.settings import TrialSettings
from .trials.setup import Subject, choose_suite, load_subject
from .trials.trials import Trials, run_trials
from .video.film import write_film
from .video.rerun import trial_paths


@dataclass
class EvalConfig(TrialSettings):
    """Keys of rl2-eval.

    Attributes:
        suite: Suite to evaluate on; if not given, the suite of the agent's training.
        engine: Simulator of the mazes: doom, or twin for comparison.
        greedy: Take the most likely action at each step. The paper samples, as all figures of this
            project do unless they say otherwise.
        output_dir: Folder of the results; if not given, evaluation/ in the run's folder, or a
            folder below that named after the other choices (see `eval.trials.output_folders`).
        video: Film a trial: its first two episodes side by side; episodes 1, 2, 5 and 20 of trials
            with so many.
        video_trial: The trial to film: its index, best, median, worst (see `eval.trials.ranking`)
            or random; if not given, the most typical one.
        submit: Write a submission to the leaderboard, see docs/guides/leaderboard.md.
        submission: YAML file of facts for the submission that the agent's card lacks.
    """

    FOLDER_OF: ClassVar = ("agent_path", *ASKED)

    video: bool = True
    video_trial: int | str | None = None
    submit: bool = False
    submission: str | None = None


def main() -> None:
    """Entry point of `rl2-eval`."""
    cli.run("evaluate", EvalConfig, run)


def run(settings: EvalConfig) -> None:
    """Evaluate, write, film."""
    began = time.monotonic()
    METRICS.all()  # a metric that cannot be registered costs no trials
    subject = load_subject(settings.agent_path, settings.greedy)
    suite = prepare_suite(settings, subject)
    outside = subject.card is None
    usual = evaluation_folder(subject.run_folder(suite), one_suite=outside)
    folder = Path(settings.output_dir or usual)
    entry = draft_of(settings, subject, suite) if settings.submit else None
    with locked(folder, "output_dir"):
        agent = subject.agent_for(suite)
        trials = trials_of(agent, suite, settings)
        if suite.episodes_differ:
            reset = trials_of(MemoryReset(agent), suite, settings)
            trials = replace(trials, reset=reset.log)
        results = figures_of(trials) | {
            "seconds": round(time.monotonic() - began, 1),
            **subject.record(suite),
            "seed": settings.seed,
            "greedy": settings.greedy,
        }
        report = report_success if suite.has_success else report_returns
        line = report(settings, subject, trials, results, folder)
        if entry is not None:
            print(f"submission  {entry.write(trials)}\n")
    print(json.dumps(line))


def trials_of(agent: Any, suite: Any, settings: EvalConfig) -> Trials:
    """Run an agent on the suite."""
    return run_trials(
        agent,
        suite,
        settings.num_trials,
        settings.seed,
        settings.engine,
        settings.num_envs,
        progress=True,
    )


def prepare_suite(settings: EvalConfig, subject: Subject) -> Any:
    """Choose the suite and check the settings that depend on it."""
    suite = choose_suite(
        subject,
        settings.suite,
        settings.split,
        settings.num_trials,
        settings.episodes_per_trial,
    )
    require_trial(settings.video_trial, settings.num_trials, suite.episodes_per_trial)
    return suite


def draft_of(settings: EvalConfig, subject: Subject, suite: Any) -> Draft:
    """Check, before the trials, whether a track takes them."""
    num_trials, engine = settings.num_trials, settings.engine.title
    how = settings.seed, engine, settings.greedy, settings.submission
    return draft(subject, suite, num_trials, *how)


def report_returns(
    settings: EvalConfig, subject: Subject, trials: Trials, results: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Write and print the figures of a suite without success; returns those of the last line."""
    suite = trials.suite
    more = {"suite": asdict(suite), "trained_on": subject.trained_on}
    page = tabular_table(results, suite, markdown=True)
    files = write_tabular(folder, _title(settings, subject, suite), page, results | more)
    print(f"\n{_title(settings, subject, suite)}\n\n{tabular_table(results, suite)}\n")
    print("\n".join(f"{name:8}  {path}" for name, path in files.items()) + "\n")
    return {key: value for key, value in results.items() if key not in ("curve", "published")}


def report_success(
    settings: EvalConfig, subject: Subject, trials: Trials, results: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Write, print and film trials with success; returns the figures of the last line."""
    suite, engine = trials.suite, settings.engine.title
    overlap = subject.overlap(trials.mazes)
    restarted = restarted_note(trials)
    results |= {"engine": engine, "restarted_trials": trials.log.restarted}
    results |= {**(overlap.figures() if overlap else {}), "video": None}
    published = suite.published()
    report = Report(folder, subject, suite, engine, settings.seed, settings.greedy)
    results["report"] = str(report.path)
    report.add_overlap(overlap)
    report.add_note(restarted)
    report.add_results(results, table(results, published, markdown=True))
    report.add_episode_curve(results)
    report.add_curve(subject.run_folder(suite) / "metrics.jsonl")
    chosen = choose_trial(trials.log, settings.video_trial, settings.seed)
    maze = trials.mazes[chosen]
    report.add_paths(trial_paths(trials.log, chosen, maze, suite.rules), chosen, maze)
    report.write(results)
    save_log(folder / "trials.npz", trials.log, trials.shortest, trials.mazes)
    print(f"\n{_title(settings, subject, suite)}, in {engine}\n\n{table(results, published)}")
    for note in (overlap and str(overlap), suite.warning, restarted):
        if note:
            print(f"\nnote: {note}")
    if settings.video and (video := film(trials, chosen, folder)):
        results["video"] = str(video)
        report.add_video(video, chosen)
        report.write(results)
    print(f"\n{report.contents()}\n")
    with suppress(ValueError):  # a damaged card must not cost the results
        if line := against_pretrained(subject.run_folder(suite), report.figures):
            print(f"{line}\n")
    return results


def restarted_note(trials: Trials) -> str | None:
    """A sentence on the trials that were begun again, if there are any."""
    log = trials.log
    if not log.restarted:
        return None
    return (
        f"engines died in {log.restarted} of {len(log.length)} trials, which were begun again and "
        "drew new actions"
    )


def episodes_to_film(count: int) -> list[int]:
    """Episodes of a trial to film, from 0: the first two; in long trials 1, 2, 5 and 20."""
    return [0, 1, 4, 19] if count >= 20 else list(range(min(count, 2)))


def film(trials: Trials, trial: int, folder: Path) -> Path | None:
    """Film a trial's `episodes_to_film`; print a line and return None if that fails."""
    path, maze = folder / "trial.mp4", trials.mazes[trial]
    episodes = episodes_to_film(trials.log.length.shape[1])
    try:
        write_film(trials.log, trial, maze, trials.suite.rules, path, episodes)
    except Exception as error:  # whatever it is, the results are already on disk
        print(f"\nnote: trial {trial} could not be filmed: {first_line(error)}")
        return None
    return path


def _title(settings: EvalConfig, subject: Subject, suite: Any) -> str:
    how = ", greedy actions" * settings.greedy
    return (
        f"{settings.agent_path} ({subject.training}) on "
        f"{settings.num_trials} {suite.description}{how}"
    )
