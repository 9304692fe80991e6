"""How a main program meets its user: Hydra's command line, and errors of one line.

An error that the user can mend ends the program with one line that names the key or file and what
would be right, and exit code 2. Set HYDRA_FULL_ERROR=1 to see where it came from.
"""

import difflib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from . import sweeps
from .errors import UserError as UsageError
from .registries import GROUPS

CONF = Path(__file__).parents[1] / "conf"
LAUNCHERS = {"joblib": "hydra-joblib-launcher", "submitit": "-e '.[slurm]'"}


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turns errors of reading settings and files, which are raised inside, into usage errors."""
    try:
        yield
    except OmegaConfBaseException as error:
        raise UsageError(_of_omegaconf(error)) from error
    except (ValueError, OSError, ImportError) as error:
        raise UsageError(_first_line(error)) from error


def run(
    config_name: str,
    schema: type,
    body: Callable[[DictConfig], None],
    aliases: Mapping[str, str] | None = None,
) -> None:
    """Parses the command line onto `conf/<config_name>.yaml` and calls `body` with the result.

    Args:
        config_name: See above.
        schema: The dataclass of the program's keys.
        body: The program.
        aliases: Other words for keys. Of `agent`, which is also a folder of presets, Hydra itself
            would make no plain key.
    """
    register(config_name, schema)
    asked = os.environ.get("HYDRA_FULL_ERROR", "0")
    show_all = asked not in ("", "0")
    os.environ["HYDRA_FULL_ERROR"] = "1"  # hands errors on to us instead of printing them
    kept: list[UsageError | OSError] = []

    def one_run(config: DictConfig) -> None:
        try:
            body(config)
        except (UsageError, OSError) as error:
            kept.append(error)  # Hydra would announce it with a line of its own

    try:
        arguments = _without_aliases(sys.argv[1:], aliases or {})
        if _is_sweep(arguments):
            return _sweep(config_name, body, arguments)
        _require_own_keys(config_name, arguments)
        sys.argv[1:] = arguments
        _main(config_name, one_run)
        if kept:
            raise kept[0]
    except KeyboardInterrupt:
        sys.exit(130)
    except (UsageError, HydraException, OmegaConfBaseException, OSError) as error:
        if show_all:
            raise
        print(f"error: {_one_line(error, config_name)}", file=sys.stderr)
        sys.exit(2)
    finally:
        os.environ["HYDRA_FULL_ERROR"] = asked


def register(config_name: str, schema: type) -> None:
    """Makes the keys of a program, and those of every group that is chosen from, known to Hydra."""
    store = ConfigStore.instance().store
    store(name=f"{config_name}_schema", node=schema)
    for registry in GROUPS:
        for name, node in registry.all().items():
            store(group=f"{registry.kind}/schema", name=name, node=node)


def compose(config_name: str, schema: type, overrides: Sequence[str] = ()) -> DictConfig:
    """The configuration of a program for these overrides."""
    register(config_name, schema)
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(config_name, overrides=list(overrides))


def _without_aliases(arguments: list[str], aliases: Mapping[str, str]) -> list[str]:
    """Writes each key by its own name."""
    keys = [argument.partition("=")[0] for argument in arguments]
    for alias, key in aliases.items():
        if {alias, key} <= set(keys):
            raise UsageError(f"{alias} is another word for {key}; give one of them")
    pairs = zip(keys, arguments, strict=True)
    return [aliases.get(key, key) + argument[len(key) :] for key, argument in pairs]


def _require_own_keys(config_name: str, arguments: list[str]) -> None:
    """Which mazes are drawn is the suite's to say in a training, and elsewhere the program's."""
    own = {"suite.tasks.split": "split", "suite.tasks.num_mazes": "num_trials"}
    for key in (argument.partition("=")[0] for argument in arguments):
        if config_name != "train" and key in own:
            raise UsageError(f"{key} is for trainings; give {own[key]}=...")


def _main(config_name: str, task: Callable[[DictConfig], None]) -> None:
    hydra.main(version_base="1.3", config_path=str(CONF), config_name=config_name)(task)()


def _is_sweep(arguments: list[str]) -> bool:
    flags = {argument for argument in arguments if argument[:1] == "-"}
    if flags - {"-m", "--multirun"}:  # --help, --cfg: only looks
        return False
    return bool(flags) or any(argument.startswith("+sweep=") for argument in arguments)


def _sweep(config_name: str, body: Callable[[DictConfig], None], arguments: list[str]) -> None:
    """Runs every job of a sweep, whatever becomes of the others, and names those that failed."""
    _require_own_keys(config_name, arguments)
    if config_name == "train":
        if any(argument.startswith("run_dir=") for argument in arguments):
            raise UsageError("run_dir names one run; in a sweep give hydra.sweep.dir=...")
        arguments = _with_sweep_folders(arguments)
    given = [argument for argument in arguments if argument[:1] != "-"]
    dirs = [a.partition("=")[2] for a in given if a.startswith("hydra.sweep.dir=")]
    asked = [config_name, *(a for a in given if not a.startswith("hydra.sweep."))]
    folder = Path(dirs[-1] if dirs else Path("runs") / "sweeps" / sweeps.slug(asked)).absolute()
    parsed = OverridesParser.create().parse_overrides(given)
    common = {override.key_or_group for override in parsed if not override.is_sweep_override()}

    def job(config: DictConfig) -> None:
        told = list(HydraConfig.get().overrides.task)
        varies = [one for one in told if one.partition("=")[0].lstrip("+~") not in common]
        name = " ".join(varies or told)
        try:
            with sweeps.recorded(folder, name):
                body(config)
        except Exception as error:
            # Raised, it would end the sweep with the first of its kind, and hide the others.
            if not isinstance(error, (UsageError, OSError)):
                traceback.print_exc()
            print(f"failed: {name}: {_first_line(error)}", file=sys.stderr, flush=True)

    sys.argv[1:] = arguments if {"-m", "--multirun"} & set(arguments) else ["-m", *arguments]
    with usage_errors():
        stack = ExitStack()
        stack.enter_context(sweeps.opened(folder, asked))
    with stack:
        try:
            _main(config_name, job)
        except (HydraException, OmegaConfBaseException, OSError):
            raise
        except Exception as error:  # of a launcher, when a process of its own was killed
            why = f"{type(error).__name__}: {_first_line(error)}"
            raise UsageError(f"the launcher gave up ({why}); the same command goes on") from error
        finally:
            count, errors = sweeps.failures(folder)
            if errors:
                told = "; ".join(f"{name}: {error}" for name, error in errors.items())
                summary = f"{len(errors)} of the {count} jobs that began failed: {told}"
                print(f"{summary}; the same command goes on with them", file=sys.stderr)
    if errors:
        raise UsageError(f"{len(errors)} of {count} jobs failed, see above and {folder}")


def _with_sweep_folders(arguments: list[str]) -> list[str]:
    """Names each job's folder in a sweep after what varies in it, the seed last.

    Names hold no `=` and no comma, which the command line would need quotes for. The experiment is
    left to its `name`, so that a run of a sweep lies where the same run alone would lie.
    """
    overrides = OverridesParser.create().parse_overrides([a for a in arguments if a[:1] != "-"])
    keys = {override.key_or_group for override in overrides}
    if "hydra.sweep.subdir" in keys:
        return arguments
    told = {"seed"} if "name" in keys else {"seed", "experiment"}
    swept = {override.key_or_group for override in overrides if override.is_sweep_override()}
    swept = (swept | ({"experiment"} & {"experiment" for key in keys if key == "sweep"})) - told
    names = [
        f"{key}_${{hydra:runtime.choices.{key}}}" if (CONF / key).is_dir() else f"{key}_${{{key}}}"
        for key in sorted(swept)
    ]
    return [*arguments, f"hydra.sweep.subdir='${{name}}/{'__'.join([*names, 'seed_${seed}'])}'"]


def _one_line(error: Exception, config_name: str) -> str:
    if isinstance(error, MissingConfigException):
        return _of_missing_choice(error)
    if isinstance(error, OverrideParseException):
        return (
            f"{_first_line(error)}; settings are given as key=value, and a value with = or a comma "
            "in it as \"key='value'\""
        )
    if unknown := re.search(r"Could not (?:override|append|delete) '?([\w./@-]+)", str(error)):
        return _of_unknown_key(unknown[1], config_name)
    if isinstance(error, OmegaConfBaseException):
        return _of_omegaconf(error)
    if isinstance(error, HydraException) and isinstance(error.__cause__, OmegaConfBaseException):
        return _of_omegaconf(error.__cause__)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return _first_line(error)


def _of_unknown_key(key: str, config_name: str) -> str:
    GlobalHydra.instance().clear()
    groups = [
        arg for arg in sys.argv[1:] if re.match(r"^(suite|engine|agent|learner|experiment)=", arg)
    ]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        known = _keys(hydra.compose(config_name, overrides=groups))
    if key.startswith("suite.") and not any(name.startswith("suite.") for name in known):
        return f"there is no key {key} before a suite is chosen; add suite=mazes/walk_small, say"
    last = key.rsplit(".", 1)[-1]
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6) or [
        name
        for near_last in difflib.get_close_matches(last, [k.rsplit(".", 1)[-1] for k in known], n=1)
        for name in known
        if name.rsplit(".", 1)[-1] == near_last
    ]
    hint = f"did you mean {near[0]}?" if near else "see --help for the keys"
    return f"there is no key {key}; {hint}"


def _of_missing_choice(error: MissingConfigException) -> str:
    missing = str(error.missing_cfg_file or "")
    if missing.startswith("hydra/launcher/"):
        return _of_missing_launcher(missing.rpartition("/")[2])
    group, _, name = missing.partition("/")
    folder = CONF / group
    choices = sorted(str(f.relative_to(folder).with_suffix("")) for f in folder.rglob("*.yaml"))
    if not choices:
        return _first_line(error)
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{group}={name} does not exist; {hint}choose from {', '.join(choices)}"


def _of_missing_launcher(name: str) -> str:
    for launcher, remedy in LAUNCHERS.items():
        if name in (launcher, f"{launcher}_slurm", f"{launcher}_local"):
            return f"hydra/launcher={name} is not installed; pip install {remedy}"
    known = ("basic", "joblib", "slurm", "submitit_local")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"hydra/launcher={name} does not exist; {hint}choose from {', '.join(known)}"


def _of_omegaconf(error: OmegaConfBaseException) -> str:
    key = error.full_key or error.key
    return f"{key}: {_first_line(error)}" if key else _first_line(error)


def _keys(config: DictConfig, prefix: str = "") -> list[str]:
    keys = []
    for key in config:
        keys.append(f"{prefix}{key}")
        if not OmegaConf.is_missing(config, key) and isinstance(config[key], DictConfig):
            keys += _keys(config[key], f"{prefix}{key}.")
    return keys


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
