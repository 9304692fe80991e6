"""TorchRL's wrapper takes the environments as they are."""

import warnings

import gymnasium
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what it imports
    wrappers = pytest.importorskip("torchrl.envs.libs.gym", reason="pip install torchrl")

pytestmark = pytest.mark.filterwarnings("ignore")
SETTINGS = {"movement": "grid", "rooms": 2, "horizon": 3, "num_mazes": 5}


@pytest.mark.parametrize("image_only", [False, True])
def test_a_rollout_of_torchrl(image_only):
    made = gymnasium.make("rl2_mazes:rl2/GridSmall-v0", image_only=image_only, **SETTINGS)
    env = wrappers.GymWrapper(made)
    rolled = env.rollout(20, break_when_any_done=True)
    image = rolled["pixels" if image_only else "image"]
    assert image.shape[1:] == (30, 40, 3)
    assert 2 <= len(image) <= 6
    assert rolled["next", "done"].flatten().tolist() == [False] * (len(image) - 1) + [True]
    env.close()
