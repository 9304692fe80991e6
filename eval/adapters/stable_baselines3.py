"""Agents of stable-baselines3 and sb3-contrib, recurrent ones too.

The library is not imported here: a model brings its own. Loading a model's .zip unpickles, which
runs code that is in it; the user's own function does that, see docs/security.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.types import Spaces, TimeStep
from .calls import UnfitError
from .observations import IMAGE, STATE, observations

_GENERATORS = Lock()  # the process has one of each, and tables run rows in threads


class SB3Agent:
    """An agent of a model with `predict`, such as PPO, DQN or RecurrentPPO.

    Observations are those of `rl2_mazes:rl2/GridSmall-v0` and the other environments in gymnasium:
    a dictionary, of which a model may use a part, or the image alone (the state, in bandits and
    MDPs). The memory of a recurrent model is its LSTM states, reset where a trial begins.

    Attributes:
        greedy: Take the most likely action instead of sampling; the model's `deterministic`.

    Args:
        model: Trained on such observations.
        spaces: Observations and actions of the suite, as `make_agent` gets them.
        greedy: See above.

    Raises:
        UnfitError: The model was trained on other observations or actions.
    """

    def __init__(self, model: Any, spaces: Spaces, greedy: bool = False):
        self.wraps = model
        self.greedy = greedy
        self._spaces = spaces
        self._memory = getattr(model.policy, "lstm_hidden_state_shape", None)  # [layers, 1, hidden]
        self._names = _fitting(model, spaces)

    def initial_carry(self, batch_size: int) -> tuple[np.ndarray, ...]:
        """LSTM states, two arrays [layers, B, hidden]; empty for a model without memory."""
        if self._memory is None:
            return ()
        layers, _, hidden = self._memory
        return tuple(np.zeros((layers, batch_size, hidden), np.float32) for _ in range(2))

    def act(self, carry: Any, timestep: TimeStep, rng: torch.Generator) -> tuple[Tensor, Any, Any]:
        """The model's predictions, drawn from `rng`; see `core.types.Agent`."""
        seen: Any = observations(timestep, self._spaces)
        seen = {name: seen[name] for name in self._names} if self._names else _alone(seen)
        device = timestep.is_first.device
        with _seeded(int(torch.randint(2**31, (), generator=rng, device=rng.device))):
            action, state = self.wraps.predict(
                seen,
                state=carry or None,
                episode_start=timestep.is_first.cpu().numpy(),
                deterministic=self.greedy,
            )
        action = torch.as_tensor(np.asarray(action), device=device)
        return action, () if self._memory is None else tuple(state), None


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generators that models draw from, those of torch and numpy, and restore them."""
    with _GENERATORS, torch.random.fork_rng():
        before = np.random.get_state()  # noqa: NPY002  DQN explores by it
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002


def _alone(seen: dict[str, np.ndarray]) -> np.ndarray:
    return seen[IMAGE] if IMAGE in seen else seen[STATE]


def _fitting(model: Any, spaces: Spaces) -> list[str]:
    """Names of the observations that the model takes; empty if it takes one alone.

    Raises:
        UnfitError: It takes others than the suite has.
    """
    actions, observation = model.action_space, model.observation_space
    if getattr(actions, "n", None) != spaces.num_actions:
        raise UnfitError(f"the model acts in {actions}; the suite has {spaces.num_actions} actions")
    shown = shapes(spaces)
    parts: Any = getattr(observation, "spaces", None)
    if parts is None:
        shown = {name: shown[name] for name in (IMAGE, STATE) if name in shown}
        parts = dict.fromkeys(shown, observation)
    for name, part in parts.items():
        if name not in shown or not _alike(part, shown[name]):
            has = ", ".join(f"{key} {list(shape)}" for key, shape in shown.items())
            raise UnfitError(
                f"the model takes {name} {list(part.shape or ())}; the suite shows {has}"
            )
    return list(parts) if hasattr(observation, "spaces") else []


def shapes(spaces: Spaces) -> dict[str, tuple[int, ...]]:
    """Shapes of one environment's observations, by name."""
    first = {STATE: ()} if spaces.image_shape is None else {IMAGE: tuple(spaces.image_shape)}
    return {**first, "prev_action": (), "prev_reward": (1,), "prev_done": ()}


def _alike(part: Any, shape: tuple[int, ...]) -> bool:
    """Whether an observation has the shape, or for images its transpose: sb3 moves channels."""
    return tuple(part.shape or ()) in (shape, (*shape[2:], *shape[:2]))
