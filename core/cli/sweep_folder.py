"""Folder of a sweep: one sweep at a time, its arguments, and the outcome of each job.

    sweep.yaml           the arguments; only the same sweep can be resumed here
    outcomes/*.json      a file per process: its job, and the error if it failed

Trainings lie in the folders of single runs, so that a sweep skips those that are complete. Jobs
write their outcomes as files, since a launcher may run them in other processes or on other machines
of a cluster.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import yaml

from ..errors import UserError, first_line
from ..storage.files import remove_empty, write_text
from ..storage.run_folder import LOCK, MAY_CHANGE, lock
from ..storage.schema import parse, read_json, read_yaml

KILLED = "was killed, or its machine failed"
RANKS = ("RANK", "SUBMITIT_LOCAL_GLOBALID", "SLURM_PROCID")  # set by torchrun and by submitit
_OWN_FILES = {LOCK, "sweep.yaml", "outcomes", "multirun.yaml"}
_FREE = ("hydra/launcher", "hydra.launcher", "hydra.verbose", "seed", *MAY_CHANGE)


class Outcome(NamedTuple):
    """A job's end in one process."""

    job: str
    rank: int
    error: str  # empty if it succeeded


@contextmanager
def opened(folder: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Lock the folder for this sweep, and delete earlier outcomes.

    Args:
        folder: Folder of the sweep.
        arguments: Arguments of the command line, without options.

    Raises:
        UserError: The folder is in use, or holds another sweep.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    with lock(folder, "hydra.sweep.dir"):
        asked = sorted(argument for argument in arguments if not _may_change(argument))
        file = folder / "sweep.yaml"
        if file.exists():
            before = parse(list[str], read_yaml(file), str(file))
            if before != asked:
                raise UserError(
                    f"hydra.sweep.dir {folder} holds another sweep ({' '.join(before)}); "
                    "give another hydra.sweep.dir=..."
                )
        write_text(file, yaml.safe_dump(asked))
        shutil.rmtree(folder / "outcomes", ignore_errors=True)
        (folder / "outcomes").mkdir()
        try:
            yield
        finally:
            ours = {each.name for each in folder.iterdir()} <= _OWN_FILES  # no launcher's logs
            if made and ours and not any((folder / "outcomes").iterdir()):  # no job began
                shutil.rmtree(folder)
                remove_empty(made[1:])


def slug(arguments: Sequence[str]) -> str:
    """Name of a folder for a sweep of these arguments: its topic and a digest."""
    asked = sorted(argument for argument in arguments if not _may_change(argument))
    about = [a.partition("=")[2] for a in asked if re.match(r"\+?(sweep|experiment|name)=", a)]
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()[:8]
    return re.sub(r"[^\w.-]+", "_", "_".join([*about, digest])).strip("_")[-60:]


@contextmanager
def recorded(folder: Path, job: str) -> Iterator[None]:
    """Record the outcome of a job; its error is raised again.

    Args:
        folder: Folder of the sweep, as seen from the job's process.
        job: Label of the job: the arguments in which it differs from the others.
    """
    rank = next((int(os.environ[name]) for name in RANKS if name in os.environ), 0)
    # A job that Slurm queues again has the file of the one that reached its time limit.
    digest = hashlib.sha256(f"{rank} {job}".encode()).hexdigest()[:16]
    file = folder / "outcomes" / f"{digest}.json"
    outcome = Outcome(job, rank, KILLED)
    write_text(file, json.dumps(outcome._asdict()))
    try:
        yield
        outcome = outcome._replace(error="")
    except BaseException as error:
        outcome = outcome._replace(error=first_line(error))
        raise
    finally:
        write_text(file, json.dumps(outcome._asdict()))


def failures(folder: Path) -> tuple[int, dict[str, str]]:
    """Number of jobs, and the errors of those that failed.

    For a job of several processes, the error is that of the lowest rank that failed.
    """
    found = [
        parse(Outcome, read_json(file), str(file)) for file in (folder / "outcomes").glob("*.json")
    ]
    errors: dict[str, str] = {}
    for outcome in sorted(found):
        if outcome.error:
            errors.setdefault(outcome.job, outcome.error)
    return len({outcome.job for outcome in found}), errors


def _may_change(argument: str) -> bool:
    key = argument.partition("=")[0].lstrip("+~")
    return any(key == free or key.startswith(f"{free}.") for free in _FREE)
