"""Small environments whose numbers can be worked out by hand."""

import torch

from rl2_mazes.core.types import EnvStep, Spaces


class LeverSampler:
    """A task is the index of the lever that pays."""

    def sample(self, rng, num_tasks):
        return torch.randint(2, (num_tasks,), generator=rng)


class LeverEnv:
    """Two levers, of which one pays 1; an episode is one pull. The only state is 0.

    In trials of two episodes the best policy with memory earns 1.5, the best without 1.
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
    """A learner that records its rollouts and learns nothing."""

    def __init__(self):
        self.progress, self.rollouts = 0.0, []

    def update(self, rollout):
        self.rollouts.append(rollout)
        return {}

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        assert state == {}
