"""Settings that no memory can hold are refused before anything is made."""

import pytest
import torch

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.training.memory_bound import require_memory
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError


@pytest.mark.parametrize(
    ("hidden_size", "message"),
    [
        (10**9, "need a tensor of more bytes than 64 bits can count; give smaller sizes in agent"),
        (10**7, r"need at least [\d,.]+ GiB for the network"),
    ],
)
def test_a_network_that_is_too_large(hidden_size, message):
    settings = RL2Settings(memory=GRUSettings(hidden_size=hidden_size))
    with pytest.raises(UserError, match=message):
        require_memory(BanditSuite(), settings, 4, 25, torch.device("cpu"))


def test_a_network_that_fits():
    require_memory(BanditSuite(), RL2Settings(), 4, 25, torch.device("cpu"))


def test_what_an_agent_remembers_of_each_arm_counts():
    suite, agent = BanditSuite(10_000_000, 10), ExchangeableSettings()
    with pytest.raises(UserError, match=r"[\d,.]+ GiB for a rollout"):
        require_memory(suite, agent, 1000, 1, torch.device("cpu"))
    network = RL2Settings()  # a memory of the same size for any number of arms
    require_memory(BanditSuite(1000, 10), network, 1000, 1, torch.device("cpu"))
