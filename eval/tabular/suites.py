"""The tabular suites under one name each: what their tables need to know of them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import parametrize

from ...bandits import env as bandit_env
from ...bandits import published as bandits_published
from ...bandits.algorithms import ALGORITHMS as BANDIT_ALGORITHMS
from ...bandits.bayes_optimal import bayes_optimal_value
from ...bandits.suite import BanditSuite
from ...core.algorithms import AlgorithmRegistry
from ...core.trial import Trial
from ...core.types import Agent
from ...mdps import env as mdp_env
from ...mdps import published as mdps_published
from ...mdps.algorithms import ALGORITHMS as MDP_ALGORITHMS
from ...mdps.planning import optimal_value
from ...mdps.suite import MDPSuite, MDPTasks

SMALL = 1 << 26  # bytes; larger tables of Bayes-optimal values take too long to be a yardstick


@dataclass(frozen=True)
class TabularSuite:
    """A suite, as its tables see it.

    Attributes:
        from_name: Settings of a row by its name, such as k5_n10.
        algorithms: The human-designed ones.
        published: The suite's module of printed results.
        make_trial: Its environment under a trial.
        ceiling: What an episode earns on average, knowing the tasks: tasks, suite -> [B].
        yardstick: What the best policy without that knowledge earns in a trial, where that is
            known.
        episode: What an episode is called.
        has_priors: Whether its algorithms take a prior.
    """

    from_name: Callable[[str], Any]
    algorithms: AlgorithmRegistry
    published: ModuleType
    make_trial: Callable[..., Trial]
    ceiling: Callable[[Any, Any], Tensor]
    yardstick: Callable[[Any], float | None]
    episode: str
    has_priors: bool


def _best_arm(tasks: Tensor, suite: BanditSuite) -> Tensor:
    return tasks.amax(-1)


def _best_policy(tasks: MDPTasks, suite: MDPSuite) -> Tensor:
    return optimal_value(tasks.transitions, tasks.rewards, suite.horizon)


def _bayes_optimal(suite: BanditSuite) -> float | None:
    try:
        return bayes_optimal_value(suite.num_arms, suite.num_pulls, SMALL)
    except ValueError:
        return None


SUITES = {
    "bandits": TabularSuite(
        from_name=BanditSuite.from_name,
        algorithms=BANDIT_ALGORITHMS,
        published=bandits_published,
        make_trial=bandit_env.make_trial,
        ceiling=_best_arm,
        yardstick=_bayes_optimal,
        episode="pull",
        has_priors=False,
    ),
    "mdps": TabularSuite(
        from_name=MDPSuite.from_name,
        algorithms=MDP_ALGORITHMS,
        published=mdps_published,
        make_trial=mdp_env.make_trial,
        ceiling=_best_policy,
        yardstick=lambda suite: None,
        episode="episode",
        has_priors=True,
    ),
}


@torch.no_grad()
@parametrize.cached()
def play(agent: Agent, trial: Trial, horizon: int, seed: int) -> Tensor:
    """Plays one trial on every copy; the copies keep step, so nothing waits for the device.

    Args:
        agent: Who acts.
        trial: Its episodes all last `horizon` steps.
        horizon: See `trial`.
        seed: Of the agent's draws.

    Returns:
        Reward of each episode, [K, B] float32.
    """
    env = trial.env
    rng = torch.Generator(device=env.device).manual_seed(seed)
    carry = agent.initial_carry(env.num_envs)
    timestep = trial.reset(seed)
    earned = torch.zeros(trial.episodes_per_trial, env.num_envs, device=env.device)
    for episode in earned:
        for _ in range(horizon):
            action, carry, _ = agent.act(carry, timestep, rng)
            timestep, outcome = trial.step(action)
            episode += outcome.reward
    return earned
