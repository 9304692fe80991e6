"""Recording a data set: a folder of shards and their card, complete or absent.

Shards are written to a hidden folder beside the data set, which takes its name when the card is
there. An interrupted recording leaves that folder, and the same command resumes it: a shard depends
on the settings and its number alone.
"""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...core.errors import UserError
from ...core.progress import progress_bar
from ...core.storage.files import naming, write_text
from ...core.storage.run_folder import LOCK, locked
from ...core.storage.schema import SchemaError, read_json
from ...core.tabular.mixed_suite import MixedSuite
from ...core.trial import Trial
from ...mazes.suite import MazeSuite
from .card import CARD, DatasetCard, Shard, describe
from .players import Player
from .shards import read_shard, record_shard, write_shard

REQUEST = "request.json"  # of an unfinished recording
SHARD_TRIALS = 250


def record(
    player: Player,
    suite: Any,
    folder: Path,
    num_trials: int,
    engine: Any,
    seed: int = 0,
    greedy: bool = False,
    num_envs: int = 32,
    shard_trials: int = SHARD_TRIALS,
    progress: bool = False,
) -> DatasetCard:
    """Record trials of an agent.

    Args:
        player: The agent; of a history, the agents, which act on the same tasks one after the
            other.
        suite: With at least `num_trials` tasks.
        folder: Of the data set; must not exist.
        num_trials: Number of trials of an agent, each on its own task.
        engine: Settings of the simulator of mazes.
        seed: Seed of actions, and of tasks that are drawn afresh.
        greedy: As the agent was loaded, for the card.
        num_envs: Most environments at a time.
        shard_trials: Trials of a file, the last but fewer.
        progress: Show a progress bar on stderr.

    Raises:
        UserError: The folder exists or cannot be written, the suite is a mixture, or the agent
            fails.
    """
    require_absent(folder)
    _require_one_row(suite)
    request = {
        "agent": player.facts(suite),
        "suite": asdict(suite),
        "engine": engine.title,
        "seed": seed,
        "greedy": greedy,
        "trials": num_trials * len(player.stages),
    }
    partial = folder.with_name(f".{folder.name}.partial")
    with locked(partial, "output_dir"):
        _resume_or_clear(partial, request | {"shard_trials": shard_trials})
        shards: list[Shard] = []
        arrays: dict[str, np.ndarray] = {}
        shown = {"desc": "recording", "unit": "trial", "disable": not progress}
        with progress_bar(total=request["trials"], **shown) as bar:
            each = suite, num_trials, shard_trials, num_envs, engine, seed
            for acting, first, trial in _trials(player.stages, *each):
                path = partial / f"trials_{first:06d}.npz"
                done = _finished(path)
                if done is None:
                    with trial() as made:
                        agent = acting.agent_for(made, suite)
                        draws = _seed(seed, first)
                        arrays = record_shard(agent, made, suite, first, draws, bar.update)
                    if player.history:
                        behind = acting.train_steps
                        arrays["train_steps"] = np.full(len(arrays["length"]), behind, np.int64)
                    write_shard(path, arrays)
                else:
                    arrays = done
                    bar.update(len(done["length"]))
                shards.append(Shard.of(path, arrays))
        card = describe(request, suite, shards, arrays)
        write_text(partial / CARD, json.dumps(asdict(card), indent=1) + "\n")
        for name in (REQUEST, LOCK):
            (partial / name).unlink(missing_ok=True)
        require_absent(folder)
        with naming(folder):
            partial.rename(folder)
    return card


def require_absent(folder: Path) -> None:
    """Raise a `UserError` if there is something in the place of the data set."""
    if folder.exists():
        raise UserError(
            f"output_dir {folder} exists; a data set is never overwritten: give another "
            "output_dir=..., or delete it"
        )


def _require_one_row(suite: Any) -> None:
    """Raise a `UserError` for a mixture of rows, whose trials have no common length."""
    if isinstance(suite, MixedSuite):
        rows = dict.fromkeys((suite.rows[0], suite.rows[-1]))
        raise UserError(
            "this is a mixture of rows, and a data set is of one; choose it: "
            + " or ".join(f"suite={row}" for row in rows)
        )


def _resume_or_clear(partial: Path, request: dict[str, Any]) -> None:
    """Keep the shards of an interrupted recording with the same settings; delete any others."""
    before = None
    with contextlib.suppress(SchemaError):
        before = read_json(partial / REQUEST) if (partial / REQUEST).exists() else None
    if before != json.loads(json.dumps(request)):
        for file in partial.iterdir():
            if file.name != LOCK:
                shutil.rmtree(file) if file.is_dir() else file.unlink()
    write_text(partial / REQUEST, json.dumps(request))


def _finished(path: Path) -> dict[str, np.ndarray] | None:
    """A shard that an interrupted recording left, if it is whole."""
    with contextlib.suppress(UserError):
        return read_shard(path) if path.exists() else None
    return None


def _trials(
    players: Sequence[Player],
    suite: Any,
    num_trials: int,
    shard_trials: int,
    num_envs: int,
    engine: Any,
    seed: int,
) -> Iterator[tuple[Player, int, Callable[[], Any]]]:
    """The agent and first trial of each shard, and a function that makes its environments.

    Mazes have one batch of environments for all shards, started for the first that is needed.
    """
    made: list[Trial] = []

    def of_mazes(first: int, count: int) -> Any:
        if not made:
            envs = min(num_envs, shard_trials)
            made.append(suite.evaluation_trial(num_trials, envs, engine, seed))
        env = made[0].env
        tasks = torch.arange(first, first + count, device=env.device)
        return nullcontext(Trial(env, made[0].sampler, suite.episodes_per_trial, tasks))

    @contextlib.contextmanager
    def drawn(first: int, count: int) -> Iterator[Trial]:
        trial = suite.evaluation_trial(count, count, engine, _seed(seed, first))
        with closing(trial.env):
            yield trial

    make = of_mazes if isinstance(suite, MazeSuite) else drawn
    try:
        for stage, player in enumerate(players):
            for first in range(0, num_trials, shard_trials):
                count = min(shard_trials, num_trials - first)
                index = stage * num_trials + first
                yield player, index, lambda first=first, count=count: make(first, count)
    finally:
        for trial in made:
            trial.env.close()


def _seed(seed: int, first: int) -> int:
    """Seed of a shard's draws, of 31 bits."""
    return int(np.random.SeedSequence((seed, first)).generate_state(1)[0]) >> 1
