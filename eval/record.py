"""Record trials of an agent as a data set that others can train on.

    rl2 record agent=pretrained/walk_small
    rl2 record agent=oracle suite=mazes/grid_small num_trials=5000
    rl2 record agent=random_walk suite=bandits/k5_n10 output_dir=data/random_bandits
    rl2 record agent=explorer suite=mazes/walk_small format=minari
    rl2 record agent=runs/demo/seed_0/history num_trials=100   # of a training with keep_every=...

Writes frames or states, actions, rewards, ends, poses, mazes and shortest paths of every step, in
.npz files with a card. An interrupted recording is resumed by the same command. Ends with one line
of JSON.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("record")

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ..core import cli
from ..core.errors import UserError
from ..core.validation import count
from .datasets.minari import minari_name, record_minari, require_minari
from .datasets.players import load_player
from .datasets.writing import SHARD_TRIALS, record, require_absent
from .trials.settings import TrialSettings

FORMATS = ("npz", "minari")


@dataclass
class RecordConfig(TrialSettings):
    """Keys of rl2 record.

    Attributes:
        agent_path: Agent to record: random_walk, wall_follower, explorer or oracle; a run's folder,
            a checkpoint's folder, a .safetensors file, or pretrained/NAME; or an agent from
            outside, package.module:Name. Or RUN/history of a training with keep_every: all networks
            that it kept, in the order of learning, each on the same num_trials tasks.
        seed: Seed of actions, and of tasks that are drawn afresh.
        output_dir: Folder of the data set, which must not exist; data/AGENT/SUITE_SPLIT if not
            given.
        format: npz, files for numpy; or minari, a Minari dataset.
        shard_trials: Trials of a file.
    """

    FOLDER_OF: ClassVar = ("agent_path", "suite", "split")

    split: str = "train"
    format: str = "npz"
    shard_trials: int = count(SHARD_TRIALS)

    def __post_init__(self):
        if self.format not in FORMATS:
            raise UserError(f"format is {self.format!r}; it must be one of {', '.join(FORMATS)}")


def main() -> None:
    """Entry point of `rl2 record`."""
    cli.run("record", RecordConfig, run)


def run(settings: RecordConfig) -> None:
    """Record, and say where it lies."""
    began = time.monotonic()
    as_minari = settings.format == "minari"
    if as_minari:
        require_minari()
    player = load_player(settings.agent_path, settings.greedy)
    num_trials, episodes = settings.num_trials, settings.episodes_per_trial
    suite = player.suite(settings.suite, settings.split, num_trials, episodes)
    folder = Path(settings.output_dir or usual_folder(settings.agent_path, suite))
    require_absent(folder)
    card = (record_minari if as_minari else record)(
        player,
        suite,
        folder,
        num_trials,
        settings.engine,
        settings.seed,
        settings.greedy,
        settings.num_envs,
        settings.shard_trials,
        progress=True,
    )
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    result = {
        "folder": str(folder),
        "trials": card.trials,
        "steps": card.steps,
        "success_rate": card.success_rate,
        "mb": round(size / 1e6, 2),
        "seconds": round(time.monotonic() - began, 1),
    }
    if as_minari:
        result["minari_id"] = minari_name(player.name, suite)
    print(json.dumps(result))


def usual_folder(agent: str, suite: Any) -> Path:
    """Folder of a data set if none is given."""
    name = re.sub(r"[^\w.-]+", "_", agent).strip("_.")
    split = f"_{suite.split}".replace(" ", "_") if suite.split else ""
    return Path("data", name, f"{suite.name}{split}")
