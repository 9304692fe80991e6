"""The Python API: make environments, load an agent, run trials, compute metrics, film a trial.

`import rl2_mazes` offers these names lazily; they are imported when they are first used.
"""

from pathlib import Path
from typing import Any

import torch
import yaml

from ..agents.networks.actor_critic import ActorCritic
from ..agents.training import checkpoint
from ..agents.zoo import cards
from ..core.errors import UserError
from ..core.registries.groups import ENGINES
from ..core.suite import Suite, suite_of
from ..core.trial import Trial
from ..core.types import Agent
from .datasets.loading import Dataset
from .datasets.players import Player, load_player
from .datasets.writing import record
from .metrics.figures import figures_of
from .trials import trials as trials_of_suites
from .trials.trials import Trials
from .video.film import write_film

SUITES = Path(__file__).parents[1] / "conf" / "suite"
FIRST_EPISODES = 2  # of a trial, in a film


def list_suites() -> list[str]:
    """Names of all suites, such as mazes/walk_small."""
    return sorted(
        path.relative_to(SUITES).with_suffix("").as_posix()
        for path in SUITES.rglob("*.yaml")
        if path.parent.name != "mixed"  # a mixture is for training; its rows are suites
    )


def make_suite(
    name: str,
    split: str = "test",
    num_tasks: int = 1000,
    episodes_per_trial: int | None = None,
) -> Suite:
    """Read the settings of a suite.

    Args:
        name: A name of `list_suites`.
        split: Split of the mazes; suites that draw every task afresh have none.
        num_tasks: Number of mazes to draw from.
        episodes_per_trial: K; the suite's own if None.

    Returns:
        The suite, a dataclass; `dataclasses.replace` changes further settings.

    Raises:
        UserError: There is no such suite, or a setting is out of range.
    """
    if name not in list_suites():
        raise UserError(f"suite {name!r} does not exist; choose from {', '.join(list_suites())}")
    settings = yaml.safe_load((SUITES / f"{name}.yaml").read_text(encoding="utf-8"))
    del settings["defaults"]
    suite: Suite = suite_of({"kind": name.partition("/")[0], **settings})
    suite = suite.with_split(split, num_tasks)
    return suite if episodes_per_trial is None else suite.with_episodes(episodes_per_trial)


def make_trial(
    suite: str | Suite,
    num_envs: int = 1,
    engine: str = "twin",
    device: str = "cpu",
    seed: int = 0,
) -> Trial:
    """Start the environments of a suite.

    Each environment runs one trial after another, each on a task of its own. `timestep =
    trial.reset(seed)` begins, and `timestep, outcome = trial.step(action)` takes one action in
    every environment. Call `trial.env.close()` at the end.

    Args:
        suite: A name of `list_suites`, or a suite.
        num_envs: B, the number of environments.
        engine: Simulator of mazes: `twin` or `doom`.
        device: Device of the tensors.
        seed: Seed of random transitions and rewards.

    Raises:
        UserError: There is no such suite or engine.
    """
    suite = make_suite(suite) if isinstance(suite, str) else suite
    env, sampler = suite.build(num_envs, torch.device(device), ENGINES.get(engine)(), seed)
    return Trial(env, sampler, suite.episodes_per_trial)


def list_agents() -> list[str]:
    """Names of all agents that come with the project, such as pretrained/demo/seed_0."""
    return [f"{cards.PREFIX}/{name}" for name in cards.names()]


def load_agent(name: str | Path, greedy: bool = False, device: str = "cpu") -> ActorCritic:
    """Load a trained agent.

    Args:
        name: A name of `list_agents`, without `/seed_N` for the lowest seed; or the folder of a
            run or a checkpoint, or a `.safetensors` file; or hf://OWNER/REPOSITORY.
        greedy: Take the most likely action instead of sampling.
        device: Device of the network.

    Raises:
        CheckpointError: There is no such agent, or its file is damaged.
    """
    agent, _ = checkpoint.load_agent(name)
    agent.greedy = greedy
    return agent.to(device).eval()


def run_trials(
    agent: Agent,
    suite: str | Suite,
    num_trials: int = 100,
    seed: int = 0,
    engine: str = "twin",
    num_envs: int = 32,
    device: str = "cpu",
    progress: bool = False,
) -> Trials:
    """Run an agent on `num_trials` tasks, each once.

    With `engine="doom"`, 1,000 trials and the other defaults these are the trials of `rl2 eval`.

    Args:
        agent: Anything with `initial_carry` and `act`, see `core.types.Agent`.
        suite: A name of `list_suites` (its test split is used), or a suite.
        num_trials: N.
        seed: Seed of the sampled actions and of tasks that are drawn afresh.
        engine: Simulator of mazes: `twin` or `doom`.
        num_envs: Most environments at a time; tabular suites run all trials at once.
        device: Device of the environments and the agent.
        progress: Show a progress bar on stderr.

    Raises:
        UserError: There is no such suite or engine, or the agent is for other observations.
    """
    if isinstance(suite, str):
        suite = make_suite(suite, num_tasks=num_trials)
    if num_trials < 1:
        raise UserError(f"num_trials is {num_trials}; it must be at least 1")
    where = torch.device(device)
    simulator = ENGINES.get(engine)()
    return trials_of_suites.run_trials(
        agent, suite, num_trials, seed, simulator, num_envs, where, progress
    )


def record_trials(
    agent: str | Agent,
    suite: str | Suite,
    folder: str | Path,
    num_trials: int = 1000,
    seed: int = 0,
    engine: str = "twin",
    num_envs: int = 32,
) -> Dataset:
    """Record trials as a data set, as `rl2 record` does.

    Args:
        agent: An agent, or a name: random_walk, wall_follower, explorer, oracle, or as in
            `load_agent`.
        suite: A name of `list_suites` (its train split is used), or a suite.
        folder: Of the data set; must not exist.
        num_trials: Number of trials, each on its own task.
        seed: Seed of the sampled actions and of tasks that are drawn afresh.
        engine: Simulator of mazes: `twin` or `doom`.
        num_envs: Most environments at a time.

    Raises:
        UserError: The folder exists, or there is no such agent, suite or engine.
    """
    if isinstance(suite, str):
        suite = make_suite(suite, "train", num_trials)
    if isinstance(agent, str):
        player = load_player(agent)
        player.suite(suite, suite.split or "", num_trials)  # raises if it cannot act there
    else:
        player = Player(type(agent).__name__, agent=agent)
    simulator = ENGINES.get(engine)()
    record(player, suite, Path(folder), num_trials, simulator, seed, num_envs=num_envs)
    return Dataset(folder)


def load_dataset(folder: str | Path) -> Dataset:
    """Open a data set of `rl2 record` or `record_trials`: a sequence of trials.

    Args:
        folder: Of the data set.

    Raises:
        UserError: It is no data set, or a file is missing or damaged.
    """
    return Dataset(folder)


def compute_metrics(trials: Trials, seed: int = 0) -> dict[str, Any]:
    """Compute every metric of some trials, ready for JSON.

    Args:
        trials: From `run_trials`.
        seed: Seed of the bootstrap.

    Returns:
        By name, with 95 % intervals under `NAME_ci`. In mazes all registered metrics; those of one
        episode are lists, one entry per episode. In suites without success `mean`, the mean total
        reward of a trial, see `eval.metrics.returns`.
    """
    return figures_of(trials, seed)


def film_trial(trials: Trials, index: int, path: str | Path) -> Path:
    """Film the first two episodes of a trial in a maze, side by side.

    Args:
        trials: From `run_trials`.
        index: Which trial, from 0.
        path: File to write; `.mp4`, or `.webp` for web pages. Its folder must exist.

    Returns:
        The file.

    Raises:
        ValueError: There is no such trial, or the file has another suffix.
        UserError: The trials are not of mazes.
    """
    path = Path(path)
    suite: Any = trials.suite
    mazes = trials.mazes
    if not 0 <= index < len(mazes):
        raise UserError(f"index is {index}; it must be one of 0 .. {len(mazes) - 1}")
    episodes = range(min(suite.episodes_per_trial, FIRST_EPISODES))
    write_film(trials.log, index, mazes[index], suite.rules, path, episodes)
    return path
