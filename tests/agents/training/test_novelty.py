"""The bonus of new cells: a potential, in training alone, and only where an agent moves."""

import pytest
import torch
from omegaconf import OmegaConf

from rl2_mazes.agents.rollouts.rollout import PER_ENV, Rollout
from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.train import compose
from rl2_mazes.agents.training.checks import check
from rl2_mazes.agents.training.novelty import Novelty
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import TimeStep

GAMMA = 0.9
CELLS = torch.tensor([0, 1, 1, 2, 2, 3])  # before each step of an episode; the last step ends it


class Counter:
    """Counts `CELLS`."""

    def __call__(self, is_first, action, reward, done):
        after = torch.cat((CELLS[1:], torch.zeros(1)))
        return torch.stack((CELLS, after), -1)[:, None].float()

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        pass


def rolled():
    reward = torch.arange(len(CELLS)).float()[:, None]
    record = dict.fromkeys({*Rollout._fields, *TimeStep._fields} - {"timesteps", "label"}, reward)
    return Rollout.from_record(
        {name: x for name, x in record.items() if name not in PER_ENV}, reward[0], reward[0, 0]
    )


def test_what_is_earned_is_taken_back_at_the_end_of_the_episode():
    rollout = rolled()
    after = Novelty(Counter(), weight=0.5, gamma=GAMMA)(rollout, progress=0.0)
    bonus = (after.training_reward - rollout.training_reward)[:, 0]
    assert torch.equal(after.reward, rollout.reward)
    assert bonus[0] == pytest.approx(0.5 * GAMMA)
    assert bonus[-1] == pytest.approx(-0.5 * 3)
    assert sum(GAMMA**t * x for t, x in enumerate(bonus.tolist())) == pytest.approx(0, abs=1e-6)


def test_it_falls_to_nothing():
    rollout, novelty = rolled(), Novelty(Counter(), weight=0.5, gamma=GAMMA)
    first, half, last = (
        novelty(rollout, progress).training_reward - rollout.reward for progress in (0.0, 0.5, 1.0)
    )
    torch.testing.assert_close(half, first / 2)
    assert not last.any()


def test_a_suite_without_cells_is_refused():
    settings = OmegaConf.to_object(compose("suite=bandits/k5_n10", "learner.novelty=0.1"))
    with pytest.raises(UserError, match=r"learner\.novelty is 0\.1; its bonus is for cells of maz"):
        check(settings, World())
