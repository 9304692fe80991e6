"""Sb3-contrib's RecurrentPPO on our mazes: the same trials, batch and width as our own training.

The differences are RecurrentPPO's own: it has LSTMs and no GRU, keeps observations and memory in
numpy, and pads sequences to the longest, which it then processes step by step. Its value function
has a separate LSTM unless it shares the policy's, which the value loss then does not train. One
trial is one episode to it, since it resets its memory at the end of an episode.
"""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO  # pyright: ignore[reportMissingImports]
from stable_baselines3.common.torch_layers import (  # pyright: ignore[reportMissingImports]
    BaseFeaturesExtractor,
)
from stable_baselines3.common.vec_env import VecEnv  # pyright: ignore[reportMissingImports]
from torch import Tensor, nn

from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.networks.encoders import ImageEncoder
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import Spaces, TimeStep


class TrialVecEnv(VecEnv):
    """Trials of mazes as a vectorised environment of stable-baselines3.

    Observations are a dictionary: `image` [3, height, width] uint8, and `fed_back`, the previous
    action (one-hot), reward and end of episode.
    """

    def __init__(self, trial: Trial):
        sizes = trial.env.spaces
        assert sizes.image_shape is not None
        height, width, channels = sizes.image_shape
        self.trial = trial
        self.actions = torch.zeros(trial.env.num_envs, dtype=torch.int64)
        observation = {
            "image": spaces.Box(0, 255, (channels, height, width), np.uint8),
            "fed_back": spaces.Box(-np.inf, np.inf, (sizes.num_actions + 2,), np.float32),
        }
        num_actions = spaces.Discrete(sizes.num_actions)
        super().__init__(trial.env.num_envs, spaces.Dict(observation), num_actions)

    def reset(self) -> dict[str, np.ndarray]:
        """Begin a trial in every environment."""
        return self._observe(self.trial.reset(seed=0))

    def step_async(self, actions: np.ndarray) -> None:
        """Store the actions [B] for `step_wait`."""
        self.actions = torch.from_numpy(actions).to(self.trial.env.device)

    def step_wait(self) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, list[dict]]:
        """Step every environment; `done` is the end of a trial."""
        timestep, outcome = self.trial.step(self.actions)
        reward, done = outcome.reward.cpu().numpy(), outcome.trial_done.cpu().numpy()
        return self._observe(timestep), reward, done, [{} for _ in range(self.num_envs)]

    def _observe(self, timestep: TimeStep) -> dict[str, np.ndarray]:
        action = nn.functional.one_hot(timestep.prev_action, self.trial.env.spaces.num_actions)
        outcome = torch.stack((timestep.prev_reward, timestep.prev_done.float()), 1)
        fed_back = torch.cat((action * ~timestep.is_first[:, None], outcome), 1)
        image = timestep.obs.permute(0, 3, 1, 2).contiguous()  # a copy: the buffer is the twin's
        return {"image": image.cpu().numpy(), "fed_back": fed_back.cpu().numpy()}

    def close(self) -> None:
        """Leave the environment open; its owner closes it."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """None for each environment: they have no attributes of their own."""
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Unsupported: environments have no attributes of their own."""
        raise NotImplementedError

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> Any:
        """Unsupported: environments have no methods of their own."""
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """False for each environment: none is wrapped."""
        return [False] * self.num_envs


class Features(BaseFeaturesExtractor):
    """Our own agent's layers below its memory."""

    def __init__(self, observation_space: spaces.Dict, sizes: Spaces, settings: RL2Settings):
        agent = RL2Agent(sizes, settings)
        super().__init__(observation_space, agent.fusion.num_features)
        assert isinstance(agent.encoder, ImageEncoder)
        self.conv, self.dense = agent.encoder.conv, agent.dense
        self.feedback, self.fusion = agent.feedback, agent.fusion

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Features [N, features] of observations; images come scaled to [0, 1]."""
        image = self.conv(observations["image"].mul(2).sub(1)).flatten(1)
        feedback = self.feedback(observations["fed_back"])
        fusion = self.fusion
        return fusion(
            fusion.project_observation(self.dense(image)), fusion.project_feedback(feedback)
        )


def build(
    trial: Trial,
    num_steps: int,
    agent: RL2Settings,
    learner: PPOSettings,
    device: torch.device,
    shared: bool = False,
) -> RecurrentPPO:
    """RecurrentPPO with the settings of one of our trainings.

    Args:
        trial: Trials to train on.
        num_steps: Steps T of a rollout.
        agent: Settings that give the widths of layers and memory.
        learner: Settings that give batch size and coefficients.
        device: Device of the learner.
        shared: Use one LSTM for policy and value, the cheapest choice; the default has two.
    """
    return RecurrentPPO(
        "MultiInputLstmPolicy",
        TrialVecEnv(trial),
        learning_rate=learner.lr,
        n_steps=num_steps,
        batch_size=trial.env.num_envs * num_steps // learner.num_minibatches,
        n_epochs=learner.epochs,
        gamma=learner.gamma,
        gae_lambda=learner.gae_lambda,
        clip_range=learner.clip_coef,
        ent_coef=learner.ent_coef,
        vf_coef=learner.vf_coef,
        max_grad_norm=learner.max_grad_norm,
        policy_kwargs={
            "features_extractor_class": Features,
            "features_extractor_kwargs": {"sizes": trial.env.spaces, "settings": agent},
            "lstm_hidden_size": agent.memory.hidden_size,
            "shared_lstm": shared,
            "enable_critic_lstm": not shared,
            "net_arch": [],
            "ortho_init": False,  # cannot do convolutions that are stored channels-last
        },
        seed=0,
        device=device,
    )
