"""Check of submissions: everything that can be computed again is, and must agree.

The tasks are drawn again, the recorded actions run again (see `eval.leaderboard.rerun`), and all
figures computed again from the record. The check cannot show that an agent, and not somebody who
knows the mazes, chose the actions; nor that a training was as its submission says, beyond the
agent's card.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.training.checkpoint import find_weights
from ...agents.training.checkpoint_files import read_weights
from ...agents.zoo import cards
from ...core.errors import UserError
from ...core.suite import suite_of
from ..trials.runner import TrialLog
from .figures import figures_of_record
from .record import Record, read_record
from .rerun import rerun
from .submission import Submission, read_submission
from .tracks import TRACKS
from .training import of_card

ENGINES = {"twin": 0.0, "ViZDoom": 0.01}  # share of episodes that may differ from those on the twin
CLOSE = 1e-6  # relative difference of figures that other machines may round otherwise
NAME = re.compile(r"[\w .,:;²+*&'/()-]{1,80}")  # of agents and authors, set in Markdown
LINK = re.compile(r"https://[\w.~/%#?=&+:-]{1,200}")


def check_all(files: Sequence[Path], others: Sequence[Path] = ()) -> list[str]:
    """Check submissions, each by itself and all together.

    Args:
        files: Submissions.
        others: Records in their folder, of which each must belong to a submission.

    Returns:
        A line for each fault, with the name of its file.
    """
    lines, entries = [], {}
    for file in files:
        found = list(faults(file))
        lines += [each if file.name in each else f"{file.name}: {each}" for each in found]
        if not found:
            entries[file.name] = read_submission(file)
    known = {file.with_suffix(".npz") for file in files}
    lines += [f"{file.name}: no submission has this record" for file in others if file not in known]
    for what, key in (("record", _record), ("agent, seed and evaluation", _identity)):
        counts = Counter(key(each) for each in entries.values())
        for name, each in entries.items():
            if counts[key(each)] > 1:
                lines.append(f"{name}: another submission has the same {what}")
    return lines


def faults(file: Path) -> Iterator[str]:
    """Lines on what is wrong with one submission; later checks wait until earlier ones pass."""
    try:
        entry = read_submission(file)
        suite = suite_of(entry.suite)
        claims = [each for each in _claims(entry, suite) if each]
        if claims:
            yield from claims
            return
        record = file.with_suffix(".npz")
        found = read_record(record, suite.has_success)
        if cards.sha256(record) != entry.record:
            yield f"record is not the SHA-256 of {record.name}; the file was changed or replaced"
            return
        if line := _implausible(entry, suite, found.log):
            yield line
            return
        yield from _rerun_faults(entry, suite, found)
    except UserError as error:
        yield str(error)


def _claims(entry: Submission, suite: Any) -> Iterator[str | None]:
    """Faults of what the submission says, apart from its figures."""
    for key in ("agent", "authors"):
        value = getattr(entry, key)
        if value is not None and not NAME.fullmatch(value):
            yield f"{key} is {value!r}; it must be up to 80 letters, digits and . , : + - ( )"
    if entry.link is not None and not LINK.fullmatch(entry.link):
        yield f"link is {entry.link!r}; it must be an address that begins with https://"
    if suite.has_success and entry.engine not in ENGINES:
        yield f"engine is {entry.engine!r}; it must be one of {list(ENGINES)}"
    if suite.has_success and entry.suite.get("tasks", {}).get("num_mazes") != entry.trials:
        yield f"suite.tasks.num_mazes is not trials, {entry.trials}; each trial has its own maze"
    lines = TRACKS.get(entry.track).faults(entry, suite)
    yield lines[0] if lines else None
    if (card := entry.agent_card) is not None:
        yield from _against_card(entry, of_card(card), "the agent's card")
    if entry.pretrained is not None:
        yield from _against_published(entry, entry.pretrained)


def _against_published(entry: Submission, name: str) -> Iterator[str]:
    """Faults of a submission that names an agent of agents/pretrained."""
    if name not in cards.names():
        yield f"pretrained is {name!r}; agents/pretrained has no such agent"
        return
    published = cards.read_card(name)
    for key in ("seed", "steps", "hardware", "commit"):
        if (said := getattr(entry.training, key)) != (value := getattr(published, key)):
            yield f"training.{key} is {said}; the card of {name} says {value}"
    if published.has_weights:
        card, _ = read_weights(find_weights(Path(cards.PREFIX) / name))
        yield from _against_card(entry, of_card(card), f"the card of {name}")


def _against_card(entry: Submission, facts: dict[str, Any], whose: str) -> Iterator[str]:
    for key, value in facts.items():
        if (stated := getattr(entry.training, key)) != value:
            yield f"training.{key} is {stated}; {whose} says {value}"


def _implausible(entry: Submission, suite: Any, log: TrialLog) -> str | None:
    """A line on a record that no trials can have; None if they can."""
    shape = (entry.trials, suite.episodes_per_trial)
    if log.length.shape != shape:
        return f"the record has {log.length.shape} trials and episodes; the claims say {shape}"
    if entry.episodes != suite.episodes_per_trial:
        return f"episodes is {entry.episodes}; the suite has {suite.episodes_per_trial}"
    if ((log.length < 1) | (log.length > suite.horizon)).any():
        return f"the record has a length that is not from 1 to the horizon, {suite.horizon}"
    if suite.has_success and (log.length[~log.success] != suite.horizon).any():
        return f"the record has a failure of fewer steps than the horizon, {suite.horizon}"
    if (log.actions >= suite.spaces.num_actions).any():
        return f"the record has an action that is not below {suite.spaces.num_actions}"
    return None


def _rerun_faults(entry: Submission, suite: Any, record: Record) -> Iterator[str]:
    """Faults that show once tasks are drawn and actions run again."""
    log, shortest = record.log, record.shortest
    if record.tasks is not None and record.tasks.tolist() != list(range(entry.trials)):
        yield f"the record's tasks are not 0 to {entry.trials - 1}, in order"
        return
    again = rerun(suite, log, entry.seed)
    if shortest is not None and again.shortest is not None and (shortest != again.shortest).any():
        trial = int((shortest != again.shortest).any(1).argmax())
        yield (
            f"trial {trial} has shortest paths of {shortest[trial].tolist()} steps in the record, "
            f"of {again.shortest[trial].tolist()} in the mazes of these settings"
        )
        return
    length = again.log.length
    differ = (length != log.length) | (again.log.success != log.success)
    differ |= ~np.isclose(again.log.episode_return, log.episode_return, rtol=1e-5, atol=1e-5)
    allowed = ENGINES.get(entry.engine or "", 0.0)
    if differ.mean() > allowed:
        trial = int(differ.any(1).argmax())
        yield (
            f"{differ.sum()} of {differ.size} episodes end otherwise when their actions run again"
            + f" ({allowed:.0%} may)" * (allowed > 0)
            + f"; the first is in trial {trial}, of {log.length[trial].tolist()} steps in the "
            f"record and {length[trial].tolist()} again"
        )
        return
    rewarded = log if suite.has_success else again.log  # a record holds no single rewards
    yield from _different(entry.figures, figures_of_record(suite, rewarded, again.shortest))


def _different(claimed: dict[str, Any], computed: dict[str, Any]) -> Iterator[str]:
    """Lines on figures that do not follow from the record."""
    for name in claimed.keys() - computed.keys():
        yield f"figures.{name} does not follow from the record; remove it"
    for name, value in computed.items():
        if not _is_close(claimed.get(name), value):
            yield f"figures.{name} is {claimed.get(name)}; the record gives {value}"


def _is_close(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_close, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= CLOSE * max(1.0, abs(other))
    return one is None and other is None


def _record(entry: Submission) -> tuple[str, str]:
    return entry.record, entry.track


def _identity(entry: Submission) -> tuple[Any, ...]:
    suite, seed = suite_of(entry.suite), entry.training.seed
    return entry.agent, seed, entry.track, suite.name, entry.engine, entry.greedy
