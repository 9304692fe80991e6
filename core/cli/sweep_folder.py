"""A sweep's own folder: one sweep at a time, what was asked for, and how each job ended.

    sweep.yaml           the arguments; the same sweep may be gone on with, another may not
    outcomes/*.json      a file a process: what it was to do, and its error if it failed

The trainings themselves lie where single runs lie, so that a sweep finds what is done already.
Jobs write their outcomes as files, since a launcher may run them in other processes or on other
machines of a cluster; a job that leaves none was killed.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from ..errors import UserError
from ..files import write_text
from ..run_folder import MAY_CHANGE, lock

KILLED = "was killed, or its machine was lost"
RANKS = ("RANK", "SUBMITIT_LOCAL_GLOBALID", "SLURM_PROCID")  # who sets them: torchrun, submitit
_FREE = ("hydra/launcher", "hydra.launcher", "hydra.verbose", "seed", *MAY_CHANGE)


@contextmanager
def opened(folder: Path, arguments: Sequence[str]) -> Iterator[None]:
    """Makes the folder this sweep's own, and forgets how jobs ended before.

    Args:
        folder: The sweep's.
        arguments: Of the command line, but for flags.

    Raises:
        UserError: The folder is in use, or is another sweep's.
    """
    with lock(folder, "hydra.sweep.dir"):
        asked = sorted(argument for argument in arguments if not _may_change(argument))
        file = folder / "sweep.yaml"
        if file.exists():
            before = yaml.safe_load(file.read_text(encoding="utf-8"))
            if before != asked:
                raise UserError(
                    f"hydra.sweep.dir {folder} holds another sweep ({' '.join(before)}); "
                    "give another hydra.sweep.dir=..."
                )
        write_text(file, yaml.safe_dump(asked))
        shutil.rmtree(folder / "outcomes", ignore_errors=True)
        (folder / "outcomes").mkdir()
        yield


def slug(arguments: Sequence[str]) -> str:
    """A folder for a sweep of these arguments: what it is about, and a digest of the rest."""
    asked = sorted(argument for argument in arguments if not _may_change(argument))
    about = [a.partition("=")[2] for a in asked if re.match(r"\+?(sweep|experiment|name)=", a)]
    digest = hashlib.sha256("\n".join(asked).encode()).hexdigest()[:8]
    return re.sub(r"[^\w.-]+", "_", "_".join([*about, digest])).strip("_")[-60:]


@contextmanager
def recorded(folder: Path, job: str) -> Iterator[None]:
    """Writes down how a job ends; its error goes on.

    Args:
        folder: The sweep's, as seen from the job's process.
        job: What it does, in a few words.
    """
    rank = next((int(os.environ[name]) for name in RANKS if name in os.environ), 0)
    # A job that Slurm queues again takes the place of the one whose time was over.
    digest = hashlib.sha256(f"{rank} {job}".encode()).hexdigest()[:16]
    file = folder / "outcomes" / f"{digest}.json"
    outcome = {"job": job, "rank": rank, "error": KILLED}
    write_text(file, json.dumps(outcome))
    try:
        yield
        outcome["error"] = ""
    except BaseException as error:
        outcome["error"] = (str(error).splitlines() or [type(error).__name__])[0]
        raise
    finally:
        write_text(file, json.dumps(outcome))


def failures(folder: Path) -> tuple[int, dict[str, str]]:
    """How many jobs there were, and the errors of those that failed.

    Of a job of several processes, the lowest that failed gives the error.
    """
    found = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in (folder / "outcomes").glob("*.json")
    ]
    errors: dict[str, str] = {}
    for outcome in sorted(found, key=lambda each: (each["job"], each["rank"])):
        if outcome["error"]:
            errors.setdefault(outcome["job"], outcome["error"])
    return len({outcome["job"] for outcome in found}), errors


def _may_change(argument: str) -> bool:
    key = argument.partition("=")[0].lstrip("+~")
    return any(key == free or key.startswith(f"{free}.") for free in _FREE)
