"""The training loop's state: everything that the next iteration depends on.

On a CPU, a training resumed from a checkpoint continues bit for bit like one that never stopped,
if its environment can be saved. Doom engines cannot: there it continues with new trials.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ...core.errors import UserError
from ...core.random import seeding
from ...core.split_trial import SplitTrial
from ...core.trial import Trial
from ...core.types import LabelMaker, TimeStep
from ..learners.base import Learner
from ..networks.actor_critic import ActorCritic
from ..rollouts.double_buffered import DoubleBufferedCollector
from ..rollouts.graph_collector import GraphCollector
from ..rollouts.rollout import Collector, Rollout, collect, to_device
from ..runtime.distributed import World, gather, mean_metrics
from .episode_statistics import EpisodeStatistics
from .learner_checks import checked_metrics, require_finite_metrics
from .novelty import Novelty


class Trainer:
    """Alternates rollouts and updates.

    Attributes:
        steps: Agent steps so far, in all environments of all processes.

    Args:
        agent: In training.
        learner: Improves the agent.
        trial: Environments of this process.
        num_steps: T, steps of every environment in a rollout.
        seed: Seed of actions and tasks.
        world: The processes that train together.
        has_success: Whether the suite's episodes can succeed; statistics then follow episodes.
        labels: Labels of rollouts, for agents that predict those of dead reckoning.
        novelty: Bonus of new cells, if the training has one.
    """

    def __init__(
        self,
        agent: ActorCritic,
        learner: Learner,
        trial: Trial | SplitTrial,
        num_steps: int,
        seed: int,
        world: World | None = None,
        *,
        has_success: bool = False,
        labels: LabelMaker | None = None,
        novelty: Novelty | None = None,
    ):
        self.agent = agent
        self.learner = learner
        self.trial = trial
        self.num_steps = num_steps
        self.world = world or World()
        self.seed = seed + self.world.rank * seeding.RANK
        self.steps = 0
        self.rng = torch.Generator(agent.device).manual_seed(self.seed)
        num_envs = trial.env.num_envs
        num_episodes = trial.episodes_per_trial if has_success else 0
        self.statistics = EpisodeStatistics(num_envs, num_episodes, agent.device)
        self.carry = agent.initial_carry(num_envs)
        self.timestep: TimeStep | None = None
        self.labels = labels
        self.novelty = novelty
        self._collect = make_collector(agent, trial, num_steps, self.rng)

    def iterate(self) -> dict[str, float]:
        """Collect one rollout and update the agent once; return statistics."""
        started = time.monotonic()
        rollout = self.collect()
        if self.agent.device.type == "cuda":
            torch.cuda.synchronize()  # or its seconds would count as the learner's
        collected = time.monotonic()
        metrics = self.statistics.update(rollout)
        learnt = checked_metrics(self.learner.update(rollout), metrics, self.learner)
        metrics |= require_finite_metrics(mean_metrics(learnt))  # all processes raise, or none
        now = time.monotonic()
        num_steps = rollout.reward.numel() * self.world.size
        self.steps += num_steps
        return metrics | {
            "collect_seconds": collected - started,
            "learn_seconds": now - collected,
            "steps_per_s": num_steps / (now - started),
        }

    @property
    def statistic_names(self) -> list[str]:
        """Statistics that an iteration lacks in which nothing ended."""
        return self.statistics.names

    def collect(self) -> Rollout:
        """Collect the next rollout."""
        if self.timestep is None:
            timestep = self.trial.reset(self.seed + self.steps + seeding.TASKS)
            self.timestep = to_device(timestep, self.agent.device)
        rollout, self.carry, self.timestep = self._collect(self.carry, self.timestep)
        if self.novelty is not None:
            rollout = self.novelty(rollout, self.learner.progress)
        if self.labels is None:
            return rollout
        label = self.labels(
            rollout.timesteps.is_first, rollout.action, rollout.reward, rollout.done
        )
        return rollout._replace(label=label)

    def state_dict(self) -> dict[str, Any]:
        """State besides the agent's weights; the same in every process."""
        return {"learner": self.learner.state_dict(), "processes": gather(self.own_state())}

    def load_state_dict(self, state: dict[str, Any], steps: int) -> bool:
        """Resume from a checkpoint.

        Args:
            state: From `state_dict`.
            steps: Agent steps of the checkpoint.

        Returns:
            Whether the training continues exactly. If not, it continues with new trials and new
            draws, because the environment cannot be saved, the environments or processes are
            different ones, or labels or a bonus were added that follow episodes.
        """
        with own_state_only(steps):
            self.learner.load_state_dict(state["learner"])
            processes = state["processes"]
            own = processes[self.world.rank] if len(processes) == self.world.size else None
            return self.restore(own, steps)

    def restore(self, own: dict[str, Any] | None, steps: int) -> bool:
        """Resume all but the learner from an `own_state`; see `load_state_dict`."""
        self.steps = steps
        counters = {"labels": self.labels, "novelty": self.novelty}  # what the settings ask for
        counters = {name: each for name, each in counters.items() if each is not None}
        added = own is not None and any(own.get(name) is None for name in counters)
        if own is None or added or own["kind"] != self._kind():
            self.rng.manual_seed(self.seed + steps)  # the seed alone would repeat the first draws
            return False
        self.rng.set_state(own["rng"])
        self.carry = own["carry"].to(self.agent.device)
        self.statistics.load_state_dict(own["statistics"])
        assert isinstance(self.trial, Trial)  # a SplitTrial saves nothing
        self.trial.load_state_dict(own["trial"])
        for name, counter in counters.items():
            counter.load_state_dict(own[name])
        self.timestep = to_device(TimeStep(**own["timestep"]), self.agent.device)
        return True

    def own_state(self) -> dict[str, Any] | None:
        """State of this process besides the learner's; None if it cannot be saved."""
        trial = self.trial.state_dict()
        if trial is None or self.timestep is None:
            return None
        return {
            "kind": self._kind(),
            "rng": self.rng.get_state(),
            "carry": self.carry.clone(),  # a CUDA graph may write into this memory
            "statistics": self.statistics.state_dict(),
            "trial": trial,
            "labels": None if self.labels is None else self.labels.state_dict(),
            "novelty": None if self.novelty is None else self.novelty.state_dict(),
            "timestep": {k: v.clone() for k, v in self.timestep._asdict().items()},
        }

    def _kind(self) -> list:
        """A saved state is valid only where all of these are equal."""
        env = self.trial.env
        return [type(env).__name__, env.num_envs, env.device.type, self.agent.device.type]


def make_collector(
    agent: ActorCritic, trial: Trial | SplitTrial, num_steps: int, rng: torch.Generator
) -> Collector:
    """The fastest collector for an agent and its environments; arguments as of `collect`."""
    if isinstance(trial, SplitTrial):
        return DoubleBufferedCollector(agent, trial, num_steps, rng)
    if agent.device.type == trial.env.device.type == "cuda" and not agent.acts_on_host:
        return GraphCollector(agent, trial, num_steps, rng)
    return lambda carry, timestep: collect(agent, trial, carry, timestep, num_steps, rng)


@contextmanager
def own_state_only(steps: int) -> Iterator[None]:
    """Turn errors of a training state that is another training's into a `UserError`.

    Args:
        steps: Agent steps of its checkpoint.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(
            f"the training state behind {steps:,} steps is not this training's "
            f"({type(error).__name__}); delete that checkpoint to resume from the one before, "
            "or give another run_dir=..."
        ) from error
