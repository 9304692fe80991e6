"""An agent in a loop of one's own: observations in, actions out; its memory is kept here.

player = Player.from_pretrained("pretrained/grid_small")
action = player.step(observation)               # of gymnasium, which holds all inputs
action = player.step(image, reward, done)       # or a bare image or state
"""

from typing import Any

import numpy as np
import torch

from ...agents.training.checkpoint import load_agent
from ...core.errors import UserError
from ...core.types import Spaces, TimeStep
from .observations import IMAGE, STATE

FED_BACK = ("prev_action", "prev_reward", "prev_done")


class Player:
    """Steps an agent in one environment, or in B at once.

    Attributes:
        agent: The agent.
        spaces: Observations and actions.

    Args:
        agent: See `core.types.Agent`.
        spaces: Of the environment; by default the agent's own.
        num_envs: B; None for one environment, whose observations have no leading axis.
        seed: Seed of sampled actions.
    """

    def __init__(
        self,
        agent: Any,
        spaces: Spaces | None = None,
        num_envs: int | None = None,
        seed: int = 0,
    ):
        self.agent = agent
        self.spaces: Spaces = spaces or agent.spaces
        self._one = num_envs is None
        self._num_envs = 1 if num_envs is None else num_envs
        self._rng = torch.Generator(device=self._device).manual_seed(seed)
        self.reset()

    @classmethod
    def from_pretrained(
        cls, name: str, greedy: bool = False, num_envs: int | None = None, seed: int = 0
    ) -> "Player":
        """A player of a trained agent.

        Args:
            name: pretrained/NAME, hf://OWNER/REPOSITORY, a run's folder or a .safetensors file.
            greedy: Take the most likely action instead of a sample.
            num_envs: See `Player`.
            seed: See `Player`.
        """
        agent, _ = load_agent(name)
        agent.greedy = greedy
        return cls(agent.eval(), num_envs=num_envs, seed=seed)

    def reset(self) -> None:
        """Begin a new trial everywhere: the memory is emptied."""
        self._carry = self.agent.initial_carry(self._num_envs)
        self._action = torch.zeros(self._num_envs, dtype=torch.int64, device=self._device)
        self._first = True

    @torch.no_grad()
    def step(self, observation: Any, reward: Any = 0.0, done: Any = False) -> Any:
        """Choose the next action.

        Args:
            observation: Image [H, W, 3] uint8 or state, of B environments with a leading axis B; or
                the dictionary of this project's gymnasium environments, which says itself where a
                trial begins.
            reward: Reward of the previous action, a number or [B]; not with a dictionary.
            done: Whether the previous action ended an episode, and the observation is of the next
                one; bool or [B] bool; not with a dictionary. A new trial is `reset`.

        Returns:
            The action, int; or [B] int64.

        Raises:
            UserError: The observation is not of the agent's spaces.
        """
        timestep = self._timestep(observation, reward, done)
        self._action, self._carry, _ = self.agent.act(self._carry, timestep, self._rng)
        self._first = False
        return int(self._action[0]) if self._one else self._action.cpu().numpy()

    @property
    def _device(self) -> torch.device:
        return getattr(self.agent, "device", torch.device("cpu"))

    def _timestep(self, observation: Any, reward: Any, done: Any) -> TimeStep:
        if isinstance(observation, dict):
            obs = observation[IMAGE if self.spaces.image_shape else STATE]
            action, reward, done = (observation[name] for name in FED_BACK)
            action = self._tensor(action, torch.int64, "prev_action")
            is_first = action == self.spaces.num_actions
        else:
            obs, action = observation, self._action
            is_first = torch.full_like(action, self._first, dtype=torch.bool)
        shape = self.spaces.image_shape
        kind = torch.int64 if shape is None else torch.uint8
        return TimeStep(
            self._tensor(obs, kind, "observation", shape or ()),
            action.masked_fill(is_first, 0),
            self._tensor(reward, torch.float32, "reward").masked_fill(is_first, 0),
            self._tensor(done, torch.bool, "done") & ~is_first,
            is_first,
        )

    def _tensor(
        self, given: Any, dtype: torch.dtype, name: str, shape: tuple[int, ...] = ()
    ) -> torch.Tensor:
        """Values [B, *shape] of one environment or of B; a number stands for all B."""
        array = np.asarray(given)
        wanted = (self._num_envs, *shape)
        if self._one and array.shape == shape:
            array = array[None]
        if not shape and array.size in (1, self._num_envs):
            array = np.broadcast_to(array.ravel(), wanted)
        if array.shape != wanted:
            one = "" if self._one else f" of {self._num_envs} environments"
            raise UserError(f"{name} has shape {array.shape}; the agent takes {shape}{one}")
        return torch.as_tensor(np.array(array), device=self._device).to(dtype)
