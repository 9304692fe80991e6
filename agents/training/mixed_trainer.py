"""Training on a mixture of rows: a rollout of each, and gradient steps over all of them."""

import time
from typing import Any

import torch

from ...core.random import seeding
from ...core.tabular.mixed_suite import MixedSuite
from ...core.trial import Trial
from ..learners.ppo import PPO, PPOSettings
from ..networks.actor_critic import ActorCritic
from ..runtime.distributed import World
from .learner_checks import checked_metrics, require_finite_metrics
from .trainer import Trainer, own_state_only

LEAST_STEPS = 100  # of an environment in a rollout: rows with shorter trials play several


class MixedTrainer:
    """Alternates rollouts of all rows and updates; in one process.

    Attributes:
        steps: Agent steps so far, in all rows.
        agent: In training; each row has a view of it, see `ActorCritic.for_spaces`.
        learner: PPO over all views.

    Args:
        agent: See above.
        settings: Of PPO.
        suite: The rows.
        num_envs: Environments of the row with the longest trials. The others have as many more as
            make their rollouts as long.
        seed: Seed of everything.
    """

    def __init__(
        self,
        agent: ActorCritic,
        settings: PPOSettings,
        suite: MixedSuite,
        num_envs: int,
        seed: int,
    ):
        self.agent = agent
        self.world = World()
        self.steps = 0
        suites = dict(zip(suite.rows, suite.suites, strict=True))
        views = {row: agent.for_spaces(each.spaces) for row, each in suites.items()}
        self.learner = PPO(agent, settings, seed, list(views.values()))
        lengths = {row: each.horizon * each.episodes_per_trial for row, each in suites.items()}
        steps = {row: length * -(-LEAST_STEPS // length) for row, length in lengths.items()}
        total = num_envs * max(steps.values())
        self.rows: dict[str, Trainer] = {}
        for index, (row, each) in enumerate(suites.items()):
            num_steps, parts = steps[row], settings.num_minibatches
            envs = max(1, round(total / num_steps / parts)) * parts
            own_seed = seed + index * seeding.ROW
            env, sampler = each.build(envs, agent.device, None, own_seed)
            trial = Trial(env, sampler, each.episodes_per_trial)
            self.rows[row] = Trainer(views[row], self.learner, trial, num_steps, own_seed)

    def iterate(self) -> dict[str, float]:
        """Collect a rollout of each row and update the agent once; return statistics.

        Those of a row have its name before theirs, as in bandits/k5_n10/trial_return.
        """
        started = time.monotonic()
        rollouts = [trainer.collect() for trainer in self.rows.values()]
        if self.agent.device.type == "cuda":
            torch.cuda.synchronize()
        collected = time.monotonic()
        metrics = {}
        for (row, trainer), rollout in zip(self.rows.items(), rollouts, strict=True):
            own = trainer.statistics.update(rollout)
            own["training_reward"] = float(rollout.training_reward.mean())
            metrics |= {f"{row}/{name}": value for name, value in own.items()}
        learnt = checked_metrics(self.learner.update(*rollouts), metrics, self.learner)
        metrics |= require_finite_metrics(learnt)
        now = time.monotonic()
        num_steps = sum(rollout.reward.numel() for rollout in rollouts)
        self.steps += num_steps
        return metrics | {
            "collect_seconds": collected - started,
            "learn_seconds": now - collected,
            "steps_per_s": num_steps / (now - started),
        }

    @property
    def statistic_names(self) -> list[str]:
        """Statistics that an iteration lacks in which nothing ended."""
        return [f"{row}/{x}" for row, each in self.rows.items() for x in each.statistics.names]

    def state_dict(self) -> dict[str, Any]:
        """State besides the agent's weights."""
        rows = {row: trainer.own_state() for row, trainer in self.rows.items()}
        return {"learner": self.learner.state_dict(), "rows": rows}

    def load_state_dict(self, state: dict[str, Any], steps: int) -> bool:
        """Resume from a checkpoint; see `Trainer.load_state_dict`."""
        with own_state_only(steps):
            self.learner.load_state_dict(state["learner"])
            self.steps = steps
            exactly = [
                trainer.restore(state["rows"].get(row), steps) for row, trainer in self.rows.items()
            ]
            return all(exactly)
