"""Checks of a training's settings against each other, before anything is made."""

from typing import Any

from ...core.errors import UserError
from ...core.storage.files import require_name
from ...core.suite import Reckoned
from ...core.tabular.mixed_suite import MixedSuite
from ..learners.ppo import PPOSettings
from ..networks.actor_critic import RECKONED
from ..networks.own_map import odometry_for
from ..runtime.distributed import World
from ..runtime.precision import NAMES as PRECISIONS
from ..zoo.tracks import MAZE_TRACKS, track_of


def check(settings: Any, world: World) -> tuple[int, int]:
    """Check the settings of a training against each other.

    Args:
        settings: A `TrainConfig`.
        world: The processes that train together.

    Returns:
        Environments of each process, and steps of each environment in a rollout.

    Raises:
        UserError: They contradict each other.
    """
    require_name("name", settings.name)
    horizon = settings.suite.horizon
    num_steps = max(horizon, 256) if settings.num_steps is None else settings.num_steps
    aux = getattr(settings.agent, "aux", "none")  # an agent of a plug-in may have none
    if aux != "none" and not isinstance(settings.learner, PPOSettings):
        raise UserError(
            f"agent.aux={aux} is taught by PPO alone: with another learner, add agent=rl2"
            + (" init_from=null" if settings.init_from else "")
        )
    _check_track(settings)
    _check_precision(settings)
    if radius := getattr(settings.agent, "map_radius", 0):
        odometry_for(settings.suite.spaces, radius)  # an error now
    if aux in RECKONED:
        if not isinstance(settings.suite, Reckoned):
            raise UserError(
                f"agent.aux={aux} is for suites in which an agent moves, and not for "
                f"{settings.suite.kind}; add agent.aux=none"
            )
        settings.suite.label_maker(1, aux)  # an error now
    if novelty := getattr(settings.learner, "novelty", 0.0):
        if not isinstance(settings.suite, Reckoned):
            raise UserError(
                f"learner.novelty is {novelty}; its bonus is for cells of mazes, and not for "
                f"{settings.suite.kind}: give 0"
            )
        settings.suite.novelty_counter(1)  # an error now
    parts = getattr(settings.learner, "num_minibatches", 1)
    if settings.num_envs % (parts * world.size):
        among = f" times the {world.size} processes" if world.size > 1 else ""
        raise UserError(
            f"num_envs is {settings.num_envs}; it must be a multiple of "
            f"learner.num_minibatches, {parts}{among}"
        )
    if isinstance(settings.suite, MixedSuite):
        _check_mixture(settings, world)
    if num_steps < horizon:
        raise UserError(
            f"num_steps is {num_steps}, but an episode may take {horizon} steps; a rollout must "
            f"be able to hold one: num_steps={horizon} or more"
        )
    return settings.num_envs // world.size, num_steps


def takes_bfloat16(settings: Any) -> bool:
    """Whether agent and learner of a `TrainConfig` can work with products in bfloat16."""
    parts = settings.agent, settings.learner
    return all(getattr(part, "takes_bfloat16", False) for part in parts)


def _check_precision(settings: Any) -> None:
    if settings.precision not in PRECISIONS:
        raise UserError(
            f"precision is {settings.precision}; it must be one of {', '.join(PRECISIONS)}"
        )
    if settings.precision == "bfloat16" and not takes_bfloat16(settings):
        raise UserError(
            "precision is bfloat16, which needs the RL² network and learner=ppo; give "
            "precision=auto or float32"
        )


def _check_track(settings: Any) -> None:
    wanted, agent = settings.track, settings.agent
    if wanted is None:
        return
    if wanted not in MAZE_TRACKS:
        raise UserError(f"track is {wanted}; it must be one of {', '.join(MAZE_TRACKS)}, or null")
    if (found := track_of(vars(agent))) != wanted:
        critic = str(getattr(agent, "privileged_critic", False)).lower()
        raise UserError(
            f"track is {wanted}, but agent.aux={agent.aux} and agent.privileged_critic={critic} "
            f"make it {found}; leave them out, or give track=null and another name=..."
        )


def _check_mixture(settings: Any, world: World) -> None:
    if settings.agent.kind != "exchangeable":
        raise UserError(
            "suite=mixed is for agents that play rows of any size; add agent=exchangeable"
        )
    if not isinstance(settings.learner, PPOSettings):
        raise UserError("suite=mixed is learnt by PPO alone; add learner=ppo_exchangeable")
    if settings.num_steps is not None:
        raise UserError(
            f"num_steps is {settings.num_steps}; suite=mixed plays whole trials of each row: "
            "num_steps=null"
        )
    if world.size > 1:
        raise UserError(f"suite=mixed trains in one process, not in {world.size}")
