"""The keys of each main program, and the settings that can be chosen by name.

The records themselves stand beside the objects they configure; this module only joins them.
"""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, OmegaConf

from ..agents.learners.duan2016 import PaperSettings
from ..agents.learners.ppo import PPOSettings
from ..agents.learners.trpo import TRPOSettings
from ..agents.networks.rl2_agent import RL2Settings
from ..bandits.suite import BanditSuite
from ..mazes.doom.pool import EngineSettings
from ..mazes.suite import MazeSuite
from ..mazes.twin.twin import TwinSettings
from ..mdps.suite import MDPSuite

SUITES = {"mazes": MazeSuite, "bandits": BanditSuite, "mdps": MDPSuite}  # by `kind`


@dataclass
class TrainConfig:
    """Keys of rl2-train.

    Attributes:
        suite: The family of tasks.
        engine: Which simulator of mazes; the tabular suites need none.
        agent: The network.
        learner: What improves it.
        name: Of the run; names its folder.
        run_dir: Where the run lies. The same command again goes on from its newest checkpoint.
        seed: Of everything that is drawn.
        device: Of the learner: auto (CUDA if there is any), cpu, cuda, cuda:1 ...
        num_envs: Copies of the environment, over all processes.
        num_steps: Steps of every copy in a rollout, at least an episode's; if not given, 256, or an
            episode's if that is more.
        total_steps: Agent steps to train for, all copies together.
        init_from: Begin with the weights of a trained agent of the same network: a run's folder, a
            checkpoint, or pretrained/NAME. Shorter trials first make long ones easier.
        checkpoint_seconds: Between checkpoints.
        tensorboard: Also write TensorBoard curves.
    """

    suite: Any = MISSING
    engine: Any = MISSING
    agent: RL2Settings = MISSING
    learner: Any = MISSING
    name: str = "train"
    run_dir: str = MISSING
    seed: int = 0
    device: str = "auto"
    num_envs: int = 128
    num_steps: int | None = None
    total_steps: int = 10_000_000
    init_from: str | None = None
    checkpoint_seconds: float = 60.0
    tensorboard: bool = True


@dataclass
class EvalConfig:
    """Keys of rl2-eval.

    Attributes:
        checkpoint: A run's folder, a checkpoint's folder, a .safetensors file, or pretrained/NAME;
            on the command line also agent=.
        suite: What to evaluate on; if not given, what the agent was trained on.
        engine: The judge is the engine, `doom`; the twin's word is for comparison.
        split: Of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Trials, each on a task of its own.
        episodes_per_trial: If given, other than in the suite.
        num_envs: Copies that run at the same time.
        seed: Of the sampled actions.
        greedy: Take the likeliest action at each step; the paper, and all else here, samples.
        output_dir: Where results go; if not given, evaluation/ in the run's folder, or below that
            a folder named after what else was asked for (see `eval.trials.output_folders.evaluation_folder`).
        video: Film a trial, its first two episodes side by side.
        video_trial: Which one: its index, or best, median or worst (see `eval.trials.ranking`), or random;
            if not given, the most typical one.
    """

    checkpoint: str = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = 1000
    episodes_per_trial: int | None = None
    num_envs: int = 32
    seed: int = 0
    greedy: bool = False
    output_dir: str | None = None
    video: bool = True
    video_trial: int | str | None = None


@dataclass
class BatteryConfig:
    """Keys of rl2 battery.

    Attributes:
        checkpoint: A run's folder, a checkpoint's folder, a .safetensors file, or pretrained/NAME.
        engine: Where it is run; one condition is run in the other simulator, for comparison.
        split: Of the mazes, as in EvalConfig.
        num_trials: Trials of each condition, each on a maze of its own.
        num_envs: Copies that run at the same time; 0 means 128 in the twin, 32 in the engine.
        seed: Of the sampled actions.
        only: Names or groups of the conditions to run, as the table shows them; empty for all.
        output_dir: Where results go; if not given, evaluation/ in the run's folder.
    """

    checkpoint: str = MISSING
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = 1000
    num_envs: int = 0
    seed: int = 0
    only: list[str] = field(default_factory=list)
    output_dir: str | None = None


@dataclass
class PublishConfig:
    """Keys of rl2 publish.

    Attributes:
        run: A training's folder; its newest checkpoint is published. Or pretrained/NAME, which is
            entered already: `results` are added to its card.
        name: In agents/pretrained; if not given, <name>/seed_<seed> of the run.
        results: Results files of rl2-eval or eval.battery for the card; if not given,
            evaluation/results.json in the run's folder.
        commit: That the agent was trained with, if the run has not recorded it.
        hardware: That it was trained on, if the run has not recorded it.
        replace: Put it in the place of another agent of that name.
        folder: Other than agents/pretrained.
    """

    run: str = MISSING
    name: str | None = None
    results: list[str] = field(default_factory=list)
    commit: str | None = None
    hardware: str | None = None
    replace: bool = False
    folder: str | None = None


@dataclass
class GalleryConfig:
    """Keys of rl2 gallery.

    Attributes:
        agents: Runs' folders, checkpoints' folders, or .safetensors files.
        suite: What they are filmed in; if not given, what each was trained on.
        engine: Where the trials are run; films are always shot in the engine.
        split: Of the mazes, as in EvalConfig.
        num_trials: Trials of each agent, from which films are chosen by rank.
        num_envs: Copies that run at the same time.
        seed: Of the sampled actions.
        ranks: Which trials to film; ways from above are of the best and the worst whichever.
        reset: Also film a trial in which the memory is reset between the episodes.
        output_dir: Where films and page go. Films of earlier calls stay on the page.
    """

    agents: list[str] = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = 1000
    num_envs: int = 128
    seed: int = 0
    ranks: list[str] = field(default_factory=lambda: ["best", "median", "worst"])
    reset: bool = True
    output_dir: str = "videos"


@dataclass
class PlayConfig:
    """Keys of rl2-play.

    Attributes:
        checkpoint: An agent to compare with: a run's folder, a checkpoint's folder, or a
            .safetensors file.
        suite: What to play; if not given, what the agent was trained on, or mazes/grid_small.
        split: Of the mazes, as in EvalConfig.
        maze: Its number in the split; if not given, one that `seed` draws.
        seed: Of the draw and of the agent's actions; if not given, another one each time.
    """

    checkpoint: str | None = None
    suite: Any = None
    split: str = "test"
    maze: int | None = None
    seed: int | None = None


def suite_of(settings: dict[str, Any]) -> Any:
    """The suite that plain settings describe, such as those stored with an agent."""
    schema = OmegaConf.structured(SUITES[settings["kind"]])
    return OmegaConf.to_object(OmegaConf.merge(schema, settings))


def register() -> None:
    """Makes the schemas known to Hydra."""
    store = ConfigStore.instance().store
    store(name="train_schema", node=TrainConfig)
    store(name="eval_schema", node=EvalConfig)
    store(name="battery_schema", node=BatteryConfig)
    store(name="gallery_schema", node=GalleryConfig)
    store(name="play_schema", node=PlayConfig)
    store(name="publish_schema", node=PublishConfig)
    for kind, suite in SUITES.items():
        store(group="suite/schema", name=kind, node=suite)
    store(group="engine/schema", name="doom", node=EngineSettings)
    store(group="engine/schema", name="twin", node=TwinSettings)
    store(group="agent/schema", name="rl2", node=RL2Settings)
    store(group="learner/schema", name="ppo", node=PPOSettings)
    store(group="learner/schema", name="trpo", node=TRPOSettings)
    store(group="learner/schema", name="paper", node=PaperSettings)
