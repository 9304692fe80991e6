"""A submission: the claims about one agent, with a record of its trials beside them.

results/leaderboard/NAME.json   the claims
results/leaderboard/NAME.npz    lengths, successes, returns and actions of every trial
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ...agents.training.checkpoint import AgentCard
from ...core.errors import UserError
from ...core.registries.dotted import is_dotted
from ...core.storage.files import write_text
from ...core.storage.schema import parse, read_json
from .training import Training

FORMAT = "rl2-leaderboard/1"
FOLDER = Path(__file__).parents[2] / "results" / "leaderboard"


@dataclass(frozen=True)
class Submission:
    """One agent's evaluation, as it enters the leaderboard.

    Attributes:
        format: `FORMAT`.
        version: Version of this package that wrote it.
        agent: Name of the agent; submissions of several seeds share it.
        track: A name in `eval.leaderboard.tracks.TRACKS`.
        suite: Settings of the suite of the evaluation, its split and number of mazes included.
        engine: Simulator of the mazes, twin or ViZDoom; None in bandits and MDPs.
        seed: Seed of the evaluation.
        greedy: Whether the most likely actions were taken.
        trials: Number of trials.
        episodes: Episodes of a trial.
        figures: See `eval.leaderboard.figures`.
        training: Facts of the training.
        record: SHA-256 of the record beside this file.
        pretrained: Name of a published agent, such as demo/seed_0; None for any other.
        weights: SHA-256 of the agent's weights, for whoever is sent them; None if there are none.
        card: The agent's card; None for an agent of another project.
        authors: Who trained it.
        link: Address of a page about it.
    """

    format: str
    version: str
    agent: str
    track: str
    suite: dict[str, Any]
    engine: str | None
    seed: int
    greedy: bool
    trials: int
    episodes: int
    figures: dict[str, Any]
    training: Training = field(default_factory=Training)
    record: str = ""
    pretrained: str | None = None
    weights: str | None = None
    card: dict[str, Any] | None = None
    authors: str | None = None
    link: str | None = None

    @property
    def agent_card(self) -> AgentCard | None:
        """The card, if there is one.

        Raises:
            UserError: It is none.
        """
        return None if self.card is None else parse(AgentCard, self.card, "card")


def write_submission(file: Path, submission: Submission) -> None:
    """Write a submission as JSON."""
    text = json.dumps(asdict(submission), indent=1, ensure_ascii=False)
    write_text(file, text + "\n")


def read_submission(file: Path) -> Submission:
    """Read a submission.

    Raises:
        UserError: The file is no submission.
    """
    submission = parse(Submission, read_json(file), f"{file.name}: it")
    if submission.format != FORMAT:
        raise UserError(f"{file.name}: format is {submission.format!r}; it must be {FORMAT!r}")
    if (name := _name_of_an_object([submission.suite, submission.card])) is not None:
        raise UserError(
            f"{file.name}: {name!r} is of a plug-in; the suite must be the project's own"
        )
    return submission


def _name_of_an_object(data: Any) -> str | None:
    """The first package.module:Name in plain data: reading a stranger's file imports nothing."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    found = (_name_of_an_object(each) for each in inner)
    own = data if isinstance(data, str) and is_dotted(data) else None
    return own or next((each for each in found if each is not None), None)


def files(folder: Path) -> list[Path]:
    """Files of all submissions in a folder, by name."""
    return sorted(folder.glob("*.json"))
