"""Keys that programs share which run trials of one agent."""

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from ...core.validation import count, seed


@dataclass
class TrialSettings:
    """Keys of trials. A program's own dataclass may give another meaning or default.

    Attributes:
        agent_path: Agent to evaluate: a run's folder, a checkpoint's folder, a .safetensors file,
            or pretrained/NAME; or an agent from outside, package.module:Name.
        suite: Suite to act in; if not given, the suite of the agent's training.
        engine: Simulator of the mazes.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Number of trials, each on its own task.
        episodes_per_trial: If given, instead of the suite's.
        num_envs: Most environments at a time.
        seed: Seed of the sampled actions.
        greedy: Take the most likely action at each step.
        output_dir: Folder of the results.
    """

    agent_path: str = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = count(1000)
    episodes_per_trial: int | None = count(None, most=10_000)
    num_envs: int = count(32)
    seed: int = seed(0)
    greedy: bool = False
    output_dir: str | None = None
