"""Small environments whose every number can be worked out by hand."""

import torch

from rl2_mazes.core.types import EnvStep, Spaces


class LeverSampler:
    """Tasks are which of two levers pays."""

    def sample(self, rng, num_tasks):
        return torch.randint(2, (num_tasks,), generator=rng)


class LeverEnv:
    """An episode is one pull of a lever; the right one pays 1. The state says nothing.

    With two episodes a trial the best policy that remembers earns 1.5, the best that does not 1.
    """

    spaces = Spaces(num_actions=2, num_states=1)
    device = torch.device("cpu")

    def __init__(self, num_envs):
        self.num_envs = num_envs
        self.lever = torch.zeros(num_envs, dtype=torch.int64)

    def set_task(self, tasks, mask):
        self.lever = torch.where(mask, tasks, self.lever)

    def reset(self, mask):
        return torch.zeros(self.num_envs, dtype=torch.int64)

    def step(self, action):
        no = torch.zeros(self.num_envs, dtype=torch.bool)
        return EnvStep(self.reset(no), (action == self.lever).float(), ~no, no, no)

    def close(self):
        pass


class Watcher:
    """A learner that learns nothing, and keeps what it was given."""

    def __init__(self):
        self.progress, self.rollouts = 0.0, []

    def update(self, rollout):
        self.rollouts.append(rollout)
        return {}

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        assert state == {}
