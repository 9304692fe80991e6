"""Write a submission from an evaluation: `rl2-eval ... submit=true`.

Facts that no file of the agent holds are in a YAML file, `submission=FILE`:

    agent: My agent                 # its name, which seeds share
    authors: A. Author
    link: https://example.org
    track: small                    # if not given, the first that fits
    training: {seed: 0, steps: 1000000, hours: 0.5, labels: false}
"""

import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ...agents.zoo import cards
from ...core.errors import UserError
from ...core.programs import version_text
from ...core.storage.schema import parse, read_yaml
from ..trials.trials import Trials
from . import submission as files
from .check import faults
from .figures import figures_of_record
from .record import write_record
from .submission import FORMAT, Submission, write_submission
from .tracks import TRACKS, fitting
from .training import Training, merge, of_card, of_files


@dataclass(frozen=True)
class Entry:
    """Keys of the YAML file of a submission.

    Attributes:
        agent: Name of the agent; if not given, that of its training or of the published agent.
        name: Name of the submission's files; if not given, of agent, seed and suite.
        track: A name of `eval.leaderboard.tracks.TRACKS`; if not given, the first that fits.
        authors: Who trained it.
        link: Address of a page about it.
        training: Facts of the training that no file of the agent holds.
    """

    agent: str | None = None
    name: str | None = None
    track: str | None = None
    authors: str | None = None
    link: str | None = None
    training: Training = field(default_factory=Training)


@dataclass(frozen=True)
class Draft:
    """A submission before its trials are run.

    Attributes:
        name: Name of its files.
        submission: All but figures and record.
    """

    name: str
    submission: Submission

    def write(self, trials: Trials, folder: Path | None = None) -> Path:
        """Write both files of the submission; return the one with the claims.

        Raises:
            UserError: The submission does not pass its own check.
        """
        folder = folder or files.FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        record = file.with_suffix(".npz")
        write_record(record, trials)
        shortest = trials.shortest if trials.suite.has_success else None
        figures = figures_of_record(trials.suite, trials.log, shortest)
        write_submission(
            file, replace(self.submission, figures=figures, record=cards.sha256(record))
        )
        if found := list(faults(file)):
            raise UserError(f"{file} was written, but rl2 leaderboard refuses it: {found[0]}")
        return file


def draft(
    subject: Any,
    suite: Any,
    num_trials: int,
    seed: int,
    engine: str | None = None,
    greedy: bool = False,
    file: str | None = None,
) -> Draft:
    """Prepare a submission and check it against its track, before the trials are run.

    Args:
        subject: The agent, see `eval.trials.setup.Subject`; its card may be None.
        suite: Suite of the evaluation, with its split and number of tasks.
        num_trials: Number of trials.
        seed: Seed of the evaluation.
        engine: Title of the simulator of mazes.
        greedy: Whether the most likely actions are taken.
        file: YAML file of further facts, see `Entry`.

    Raises:
        UserError: The file is wrong, or no track takes the submission.
    """
    where = file or "submission="
    entry = parse(Entry, read_yaml(Path(file)), file) if file else Entry()
    card, weights = getattr(subject, "card", None), getattr(subject, "weights", None)
    known = {} if card is None else of_card(card)
    if weights is not None:
        known |= {key: value for key, value in of_files(weights).items() if value is not None}
    training = merge(known, entry.training, where)
    pretrained = None if weights is None else cards.name_of(weights)
    agent = entry.agent or _usual_name(pretrained, weights)
    if agent is None:
        raise UserError(f"{where}: the agent has no name; give submission=FILE with agent: NAME")
    submission = Submission(
        format=FORMAT,
        version=version_text(),
        agent=agent,
        track=entry.track or "",
        suite=asdict(suite),
        engine=engine if suite.has_success else None,
        seed=seed,
        greedy=greedy,
        trials=num_trials,
        episodes=suite.episodes_per_trial,
        figures={},
        training=training,
        pretrained=pretrained,
        weights=None if weights is None else cards.sha256(weights),
        card=None if card is None else card._asdict(),
        authors=entry.authors,
        link=entry.link,
    )
    if entry.track is None:
        submission = replace(submission, track=fitting(submission, suite).name)
    elif lines := TRACKS.get(entry.track).faults(submission, suite, with_figures=False):
        raise UserError(f"{where}: {lines[0]}")
    name = entry.name or _file_name(submission, suite)
    if not re.fullmatch(r"[\w.-]+", name):
        raise UserError(f"{where}: name is {name!r}; it must be of letters, digits and . _ -")
    return Draft(name, submission)


def _usual_name(pretrained: str | None, weights: Path | None) -> str | None:
    """Name of a published agent or of a run, without its seed."""
    if pretrained is not None:
        return pretrained.partition("/")[0]
    if weights is None or weights.parent.parent.name != "checkpoints":
        return None
    return re.sub(r"[_-]?seed_\d+$", "", weights.parents[2].name) or weights.parents[3].name


def _file_name(submission: Submission, suite: Any) -> str:
    """Name of the files of a submission: agent, seed, suite, track, simulator."""
    seed = submission.training.seed
    parts = [submission.agent, f"seed_{seed}" if seed is not None else "", suite.name]
    parts += [submission.track if submission.track == "minutes" else "", submission.engine or ""]
    parts.append("greedy" * submission.greedy)
    return re.sub(r"[^\w.-]+", "_", "_".join(filter(None, parts))).lower()
