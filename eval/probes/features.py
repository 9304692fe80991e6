"""Features to probe at every step: an agent's memory, and what it is compared with.

    memory         the carry after the agent has seen the frame
    memory reset   the carry of the same agent whose memory is reset at every episode
    untrained      the carry of the same network with initial weights
    frame          the frame alone, at half its resolution, and the network's encoding of it

All are of the same steps: the agent acts, and the others are shown what it sees and does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...agents.networks.actor_critic import ActorCritic
from ...core.errors import UserError
from ...core.types import Agent, TimeStep
from ...mazes.maze import Maze
from ..controls.wrappers import MemoryReset
from ..datasets.frames import FrameStore
from ..trials.runner import TrialLog, evaluate

MEMORY, RESET, UNTRAINED, FRAME = "memory", "memory reset", "untrained", "frame"
MEANINGS = {
    MEMORY: "the agent's memory, after it has seen the frame",
    RESET: "the same agent on the same steps, its memory reset at every episode",
    UNTRAINED: "the same network with initial weights on the same steps",
    FRAME: "the frame alone: its pixels at half resolution, and the network's encoding of it",
}
POOL = 2  # pixels a side that are averaged
BATCH = 1024  # frames encoded at a time


@dataclass(frozen=True, eq=False)
class Recorded:
    """N trials, and features of their S steps.

    Attributes:
        log: The trials.
        mazes: The maze of each, N of them.
        features: [S, F] float32 each, by name.
    """

    log: TrialLog
    mazes: Sequence[Maze]
    features: dict[str, np.ndarray]


def record_features(
    agent: Any,
    suite: Any,
    num_trials: int,
    seed: int,
    engine: Any,
    num_envs: int = 32,
    progress: bool = False,
) -> Recorded:
    """Run an agent and record its memory.

    Args:
        agent: For the suite; a network, or an agent from outside in `CheckedAgent`.
        suite: Of mazes, with at least `num_trials`.
        num_trials: N.
        seed: Seed of the agent's actions and of the untrained network.
        engine: Settings of the simulator.
        num_envs: Most environments at a time.
        progress: See `eval.trials.runner.evaluate`.

    Raises:
        UserError: The agent's carry is no array.
    """
    require_array(agent)
    watched = _Watched(_shadows(agent, seed), seed)
    trial = suite.evaluation_trial(num_trials, num_envs, engine, seed)
    try:
        log = evaluate(agent.to(trial.env.device), trial, num_trials, seed, progress, watched)
    finally:
        trial.env.close()
    mazes = [trial.sampler[task] for task in log.tasks.tolist()]
    features = {name: log.watched[name] for name in (MEMORY, *watched.shadows)}
    frames, index = watched.store.used(log.watched[FRAME])
    features[FRAME] = _of_frames(frames, agent)[index]
    return Recorded(log, mazes, features)


def require_array(agent: Any) -> None:
    """Raise a `UserError` unless the agent's carry is one array with a row per environment."""
    carry = agent.initial_carry(1)
    if not isinstance(carry, Tensor | np.ndarray):
        found = "nothing" if carry is None else f"of {type(carry).__name__}"
    elif carry.ndim != 2 or carry.shape[1] == 0:
        found = f"an array {list(carry.shape)}"
    else:
        return
    name = getattr(agent, "name", type(agent).__name__)
    raise UserError(
        f"the carry of agent {name} is {found}; probes read a carry that is one array "
        "[environments, numbers]: keep the agent's memory in such an array"
    )


def _shadows(agent: Any, seed: int) -> dict[str, Agent]:
    shadows: dict[str, Agent] = {RESET: MemoryReset(agent)}
    if isinstance(agent, ActorCritic):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shadows[UNTRAINED] = agent.settings.build(agent.spaces).to(agent.device).eval()
    return shadows


class _Watched:
    """The memory of the agent and of its shadows, which see what it sees and do not act."""

    def __init__(self, shadows: dict[str, Agent], seed: int):
        self.shadows = shadows
        self.store = FrameStore()
        self._seed = seed
        self._carries: dict[str, Any] = {}
        self._rng: torch.Generator | None = None

    def __call__(self, timestep: TimeStep, carry: Any) -> dict[str, Tensor]:
        if self._rng is None:
            self._rng = torch.Generator(device=timestep.obs.device).manual_seed(self._seed)
        size = len(timestep.is_first)
        columns = {MEMORY: _rows(carry), FRAME: self.store.add(timestep.obs)}
        for name, agent in self.shadows.items():
            before = self._carries.get(name)
            before = agent.initial_carry(size) if before is None else before
            self._carries[name] = agent.act(before, timestep, self._rng)[1]
            columns[name] = _rows(self._carries[name])
        return columns


def _rows(carry: Any) -> Tensor:
    """A carry [B, C] as floats of its own."""
    return torch.as_tensor(carry).float().clone()


def _of_frames(frames: np.ndarray, agent: Any) -> np.ndarray:
    """Features of frames [U, H, W, 3], [U, F] float32."""
    height, width = (size // POOL * POOL for size in frames.shape[1:3])
    cut = frames[:, :height, :width].astype(np.float32) / 255
    pooled = cut.reshape(len(cut), height // POOL, POOL, width // POOL, POOL, 3).mean((2, 4))
    parts = [pooled.reshape(len(cut), -1)]
    if isinstance(agent, ActorCritic):
        with torch.no_grad():
            given = torch.from_numpy(frames.copy()).to(agent.device).split(BATCH)
            encoded = [agent.encode(each).flatten(1).cpu() for each in given]
        parts.append(torch.cat(encoded).float().numpy())
    return np.concatenate(parts, 1)
