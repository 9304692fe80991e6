"""Sweeps: run every job, whatever becomes of the others, and name those that failed."""

import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ..errors import UserError, first_line
from . import sweep_folder
from .arguments import CONFIG_DIR, HELP, SWITCHES, WITH_VALUE, as_given, config_dir, overrides
from .composition import CONF, NAME_OF, run_hydra, settings_of
from .errors import out_of_memory
from .overrides import choosable

S = TypeVar("S")
A_FOLDER_EACH = "give a folder for each job: output_dir='runs/swept/${hydra:job.num}'"
MULTIRUN = {"-m", "--multirun"}
SHOWS = (HELP | SWITCHES | WITH_VALUE) - MULTIRUN - CONFIG_DIR - {"--resolve"}  # run no sweep


def is_sweep(arguments: Sequence[str]) -> bool:
    """Whether these arguments ask for a sweep rather than for one run."""
    options = {argument.partition("=")[0] for argument in arguments if argument[:1] == "-"}
    if options & SHOWS:
        return False
    return bool(options & MULTIRUN) or any(each.startswith("+sweep=") for each in arguments)


def run_sweep(
    name: str, schema: type[S], body: Callable[[S], float | None], arguments: Sequence[str]
) -> None:
    """Run every job of a sweep.

    Args:
        name: The program's primary configuration.
        schema: Dataclass of its keys.
        body: The program, called once a job, in processes that the launcher chooses.
        arguments: Of the command line.

    Raises:
        UserError: The sweep cannot begin, or a job failed.
    """
    arguments = list(arguments)
    if name == "train":
        if any(argument.startswith("run_dir=") for argument in arguments):
            raise UserError("run_dir names one run; in a sweep give hydra.sweep.dir=...")
        arguments = with_job_folders(arguments)
    given = overrides(arguments)
    dirs = [each.partition("=")[2] for each in given if each.startswith("hydra.sweep.dir=")]
    asked = [name, *(each for each in given if not each.startswith("hydra.sweep."))]
    default = Path("runs") / "sweeps" / sweep_folder.slug(asked)
    folder = Path(dirs[-1] if dirs else default).absolute()
    parsed = OverridesParser.create().parse_overrides(given)
    _require_values(parsed, arguments)
    common = {override.key_or_group for override in parsed if not override.is_sweep_override()}
    _require_a_folder_each(schema, given, common, _swept(parsed, arguments))

    def job(config: DictConfig) -> float | None:
        chosen = list(HydraConfig.get().overrides.task)
        varies = [each for each in chosen if each.partition("=")[0].lstrip("+~") not in common]
        label = " ".join(map(as_given, varies or chosen))
        try:
            with sweep_folder.recorded(folder, label):
                return body(settings_of(config))
        except Exception as error:
            # Raised, it would end the sweep with the first of its kind, and hide the others.
            line = out_of_memory(error) or first_line(error)
            if not isinstance(error, UserError | MemoryError):
                traceback.print_exc()
            print(f"failed: {label}: {line}", file=sys.stderr, flush=True)
            return None  # a sweeper that optimises counts it as a failed trial

    hydra_arguments = checked_in_jobs(arguments)
    if not MULTIRUN & set(arguments):
        hydra_arguments.insert(0, "-m")
    with sweep_folder.opened(folder, asked):
        try:
            run_hydra(name, job, hydra_arguments)
        except (HydraException, OmegaConfBaseException):
            raise
        except Exception as error:  # of a launcher, when a process of its own was killed
            why = f"{type(error).__name__}: {first_line(error)}"
            raise UserError(
                f"the launcher gave up ({why}); the same command resumes the sweep"
            ) from error
        finally:
            count, errors = sweep_folder.failures(folder)
            if errors:
                listed = "; ".join(f"{label}: {error}" for label, error in errors.items())
                summary = f"{len(errors)} of the {count} jobs that began failed: {listed}"
                print(f"{summary}; the same command runs them again", file=sys.stderr)
    if errors:
        raise UserError(f"{len(errors)} of {count} jobs failed, see above and {folder}")


def _require_a_folder_each(
    schema: type, given: Sequence[str], common: set[str], swept: set[str]
) -> None:
    """Raise if jobs would overwrite each other's results in one folder.

    Args:
        schema: Dataclass of the program's keys. Its FOLDER_OF, if any, has the keys (or, before a
            dot, their groups) that name the folder of results where output_dir is not given.
        given: Overrides of the command line.
        common: Keys that have one value in all jobs.
        swept: Keys that vary.
    """
    folders = [each for each in given if each.startswith("output_dir=")]
    if "output_dir" in swept or any("${" in each for each in folders):
        return
    if "output_dir" in common:
        raise UserError(
            "output_dir names one folder, which the jobs of a sweep would overwrite in turn; leave "
            f"it out, or {A_FOLDER_EACH}"
        )
    names_folder = getattr(schema, "FOLDER_OF", None)
    if names_folder is None:
        return
    unnamed = sorted(key for key in swept if key.partition(".")[0] not in names_folder)
    if unnamed:
        keys = " and ".join(as_given(f"{key}=").rstrip("=") for key in unnamed)
        raise UserError(
            f"jobs that differ in {keys} alone would overwrite each other's results; "
            f"{A_FOLDER_EACH}"
        )


def _require_values(parsed: Sequence[Override], arguments: Sequence[str]) -> None:
    """Raise if a key is swept over no value: the sweep would have no job."""
    for override in parsed:
        value: Any = override.value()
        empty = isinstance(value, RangeSweep) and not any(True for _ in value.range())
        if isinstance(value, Glob):
            known = choosable(override.key_or_group, config_dir(arguments))
            empty = not value.filter([each for each in known if "/" not in each])  # as Hydra does
        if empty:
            given = (override.input_line or "").partition("=")[2]
            raise UserError(
                f"{override.key_or_group} is {given}, which names no value; give one or more"
            )


def _swept_by(preset: str, folder: Path | None) -> set[str]:
    """Keys that a preset of conf/sweep, or of the user's own folder, varies."""
    for conf in (folder, CONF):
        file = (conf or CONF) / "sweep" / f"{preset}.yaml"
        if file.is_file():
            params = OmegaConf.select(OmegaConf.load(file), "hydra.sweeper.params")
            return set(params or {})
    return set()


def _swept(parsed: Sequence[Override], arguments: Sequence[str]) -> set[str]:
    """Keys and groups that vary in a sweep."""
    swept = {override.key_or_group for override in parsed if override.is_sweep_override()}
    for override in parsed:
        if override.key_or_group == "sweep":
            swept |= _swept_by(str(override.value()), config_dir(arguments))
    return swept


def checked_in_jobs(arguments: Sequence[str]) -> list[str]:
    """The arguments, with settings as sweeps of one value where presets vary.

    Hydra checks other settings before it takes up the presets that vary, and would refuse a key
    that the default presets lack. It composes all jobs before the first begins.
    """
    parsed = OverridesParser.create().parse_overrides(overrides(arguments))
    if not any((CONF / key).is_dir() for key in _swept(parsed, arguments)):
        return list(arguments)
    single = {
        override.input_line
        for override in parsed
        if "." in override.key_or_group
        and not override.key_or_group.startswith("hydra.")
        and not override.is_sweep_override()
    }
    settled = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        settled.append(f"{key}=choice({value})" if value and argument in single else argument)
    return settled


def with_job_folders(arguments: Sequence[str]) -> list[str]:
    """Name each job's folder in a sweep after what varies in it, the seed last.

    Names contain no `=`, comma, bracket or space, which the command line would need quotes for.
    The experiment is left to its `name`: a run of a sweep lies in the same folder as the same run
    alone.
    """
    parsed = OverridesParser.create().parse_overrides(overrides(arguments))
    keys = {override.key_or_group for override in parsed}
    if "hydra.sweep.subdir" in keys:
        return list(arguments)
    in_name = {"seed"} if "name" in keys else {"seed", "experiment"}
    swept = _swept(parsed, arguments)
    names = [
        f"{key.rpartition('/')[2]}_${{hydra:runtime.choices.{key}}}"
        if (CONF / key).is_dir()
        else f"{key}_${{{NAME_OF}:${{{key}}}}}"
        for key in sorted(swept - in_name)
    ]
    return [*arguments, f"hydra.sweep.subdir='${{name}}/{'__'.join([*names, 'seed_${seed}'])}'"]
