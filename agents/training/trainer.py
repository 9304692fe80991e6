"""A training in progress: everything that the next iteration depends on.

Stopped and resumed from a checkpoint it goes on bit for bit as if it had not stopped (on a CPU),
wherever the environment can be stopped too. Engines cannot: there it goes on with new trials.
"""

import time
from typing import Any

import torch

from ...core import seeding
from ...core.split_trial import SplitTrial
from ...core.trial import Trial
from ...core.types import TimeStep
from ..learners.base import Learner
from ..networks.rl2_agent import RL2Agent
from ..rollouts.double_buffered import DoubleBufferedCollector
from ..rollouts.graph_collector import Collector
from ..rollouts.rollout import to_device
from ..runtime.distributed import World, gather, mean_metrics
from .episode_statistics import EpisodeStatistics


class Trainer:
    """Rollouts and updates by turns.

    Attributes:
        steps: Agent steps so far, of all copies in all processes.

    Args:
        agent: Who learns.
        learner: What improves it.
        trial: What this process's copies play.
        num_steps: T, steps of every copy in a rollout.
        seed: Of actions and tasks.
        world: The processes that train together.
    """

    def __init__(
        self,
        agent: RL2Agent,
        learner: Learner,
        trial: Trial | SplitTrial,
        num_steps: int,
        seed: int,
        world: World | None = None,
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
        # Only mazes have episodes that succeed or fail.
        followed = trial.episodes_per_trial if trial.env.spaces.image_shape is not None else 0
        self.statistics = EpisodeStatistics(num_envs, followed, agent.device)
        self.carry = agent.initial_carry(num_envs)
        self.timestep: TimeStep | None = None
        if isinstance(trial, SplitTrial):
            self._collect = DoubleBufferedCollector(agent, trial, num_steps, self.rng)
        else:
            self._collect = Collector(agent, trial, num_steps, self.rng)

    def iterate(self) -> dict[str, float]:
        """One rollout and one update; returns their statistics."""
        if self.timestep is None:
            timestep = self.trial.reset(self.seed + self.steps + seeding.TASKS)
            self.timestep = to_device(timestep, self.agent.device)
        started = time.monotonic()
        rollout, self.carry, self.timestep = self._collect(self.carry, self.timestep)
        if self.agent.device.type == "cuda":
            torch.cuda.synchronize()  # or its seconds would count as the learner's
        collected = time.monotonic()
        metrics = self.statistics.update(rollout) | mean_metrics(self.learner.update(rollout))
        now = time.monotonic()
        num_steps = rollout.reward.numel() * self.world.size
        self.steps += num_steps
        return metrics | {
            "collect_seconds": collected - started,
            "learn_seconds": now - collected,
            "steps_per_s": num_steps / (now - started),
        }

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs besides the agent's weights; the same in every process."""
        return {"learner": self.learner.state_dict(), "processes": gather(self._own_state())}

    def load_state_dict(self, state: dict[str, Any], steps: int) -> bool:
        """Goes on from a checkpoint.

        Args:
            state: What `state_dict` gave.
            steps: Behind the checkpoint.

        Returns:
            Whether it goes on exactly; if not, with new trials and new draws: the environment
            cannot be stopped, or is another, or the processes are other ones.
        """
        self.learner.load_state_dict(state["learner"])
        self.steps = steps
        own = state["processes"]
        mine = own[self.world.rank] if len(own) == self.world.size else None
        if mine is None or mine["kind"] != self._kind():
            self.rng.manual_seed(self.seed + steps)  # the seed alone would draw the same again
            return False
        self.rng.set_state(mine["rng"])
        self.carry = mine["carry"].to(self.agent.device)
        self.statistics.load_state_dict(mine["statistics"])
        assert isinstance(self.trial, Trial)  # the other kind saves nothing
        self.trial.load_state_dict(mine["trial"])
        self.timestep = to_device(TimeStep(**mine["timestep"]), self.agent.device)
        return True

    def _own_state(self) -> dict[str, Any] | None:
        trial = self.trial.state_dict()
        if trial is None or self.timestep is None:
            return None
        return {
            "kind": self._kind(),
            "rng": self.rng.get_state(),
            "carry": self.carry.clone(),  # a GPU's replays write into the same memory
            "statistics": self.statistics.state_dict(),
            "trial": trial,
            "timestep": {k: v.clone() for k, v in self.timestep._asdict().items()},
        }

    def _kind(self) -> list:
        """Between which of these a state means the same."""
        env = self.trial.env
        return [type(env).__name__, env.num_envs, env.device.type, self.agent.device.type]
