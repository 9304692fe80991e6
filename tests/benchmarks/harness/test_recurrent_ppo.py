"""RecurrentPPO gets the observations and settings that our own agent gets."""

import numpy as np
import pytest
import torch

from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Settings
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import EnvStep, Spaces

pytest.importorskip("sb3_contrib", reason="the extra `bench` is not installed")

from rl2_mazes.benchmarks.harness.recurrent_ppo import TrialVecEnv, build


class Corridor:
    """Episodes of two steps; the image shows the step's number, the reward is the action."""

    spaces = Spaces(num_actions=3, image_shape=(6, 8, 3))
    device = torch.device("cpu")

    def __init__(self, num_envs):
        self.num_envs = num_envs
        self.at = torch.zeros(num_envs, dtype=torch.int64)
        self.frame = torch.zeros(num_envs, 6, 8, 3, dtype=torch.uint8)  # its own buffer

    def set_task(self, tasks, mask):
        pass

    def reset(self, mask):
        self.at[mask] = 0
        return self._draw()

    def step(self, action):
        self.at += 1
        over, no = self.at == 2, torch.zeros(self.num_envs, dtype=torch.bool)
        return EnvStep(self._draw(), action.float(), over, no, no)

    def close(self):
        pass

    def _draw(self):
        self.frame[:] = self.at.byte()[:, None, None, None]
        return self.frame


class NoTasks:
    def sample(self, rng, num_tasks):
        return torch.zeros(num_tasks)


def corridor():
    return Trial(Corridor(4), NoTasks(), episodes_per_trial=2)


def test_a_trial_is_one_episode_and_feedback_is_the_same():
    env = TrialVecEnv(corridor())
    seen = [env.reset()]
    dones = []
    for _ in range(5):
        obs, reward, done, _ = env.step(np.array([2, 2, 1, 0]))
        assert reward.tolist() == [2, 2, 1, 0]
        seen.append(obs)
        dones.append(done.tolist())
    assert dones == [[False] * 4] * 3 + [[True] * 4] + [[False] * 4]  # 2 episodes of 2 steps
    pictures = [obs["image"][0, 0, 0, 0] for obs in seen]
    assert pictures == [0, 1, 0, 1, 0, 1]  # copied, since the environment reuses its buffer
    assert seen[0]["image"].shape == (4, 3, 6, 8)
    assert seen[0]["fed_back"].tolist() == [[0] * 5] * 4
    assert seen[1]["fed_back"][0].tolist() == [0, 0, 1, 2, 0]  # action 2, reward 2
    assert seen[2]["fed_back"][2].tolist() == [0, 1, 0, 1, 1]  # an episode ended
    assert seen[4]["fed_back"].tolist() == [[0] * 5] * 4  # a new trial


def test_it_trains_with_our_settings():
    agent = RL2Settings(
        conv=[[4, 3, 2]], dense_size=8, feedback_size=4, memory=GRUSettings(hidden_size=16)
    )
    learner = PPOSettings(epochs=2, num_minibatches=2)
    model = build(corridor(), 8, agent, learner, torch.device("cpu"))
    lstm = model.policy.lstm_actor
    assert (lstm.input_size, lstm.hidden_size) == (12, 16)
    assert model.policy.lstm_critic is not None
    assert (model.batch_size, model.n_epochs) == (16, 2)
    before = lstm.weight_hh_l0.detach().clone()
    model.learn(32)
    assert model.num_timesteps == 32
    assert not torch.equal(lstm.weight_hh_l0, before)


def test_policy_and_value_may_share_an_lstm():
    settings = RL2Settings(
        conv=[[4, 3, 2]], dense_size=8, feedback_size=4, memory=GRUSettings(hidden_size=16)
    )
    learner, device = PPOSettings(num_minibatches=2), torch.device("cpu")
    model = build(corridor(), 8, settings, learner, device, shared=True)
    assert model.policy.lstm_critic is None
    model.learn(32)
