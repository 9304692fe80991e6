"""A guard against operations that make a GPU's host wait, and small trials of every suite."""

from dataclasses import replace

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core import trial as trials
from rl2_mazes.mdps.suite import MDPSuite

aten = torch.ops.aten
WAITING = {aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten.is_nonzero}
INDEXING = {aten.index, aten.index_put, aten.index_put_}


class WouldWaitError(Exception):
    """An operation that makes the host wait for the GPU."""


class NoWaiting(TorchDispatchMode):
    """Raise at operations that would wait."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        packet = func.overloadpacket
        by_mask = packet in INDEXING and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        if packet in WAITING or by_mask:
            raise WouldWaitError(str(func))
        return func(*args, **(kwargs or {}))


PRIVILEGED = RL2Settings(memory=GRUSettings(hidden_size=8), dense_size=8, privileged_critic=True)
TABULAR = replace(
    PRIVILEGED,
    # Numba would take seconds to compile kernels for 32 or more.
    memory=GRUSettings(hidden_size=30),
    dense_size=0,
    feedback_size=0,
)


def build(kind: str, device: str, settings: RL2Settings | None = None):
    """A trial of a suite, and an agent for it."""
    if kind == "bandits":
        trial = BanditSuite(num_arms=3, num_pulls=4).make_trial(8, device)
    elif kind == "mdps":
        suite = MDPSuite(num_states=3, num_episodes=2, horizon=3)
        trial = suite.make_trial(8, device)
    else:
        from rl2_mazes.mazes.rules import MazeRules
        from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
        from rl2_mazes.mazes.twin.twin import TwinEnv

        mazes = MazeSet.draw(MazeTasks(num_mazes=20))
        trial = trials.Trial(TwinEnv(mazes, MazeRules(movement=kind, horizon=5), 8), mazes, 2)
    settings = settings or RL2Settings(memory=GRUSettings(hidden_size=8), dense_size=8)
    return trial, RL2Agent(trial.env.spaces, settings).to(device)
