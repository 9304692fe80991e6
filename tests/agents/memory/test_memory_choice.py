"""Agents know their memory by its interface: any entry, any size, one line if it breaks it."""

import json
from dataclasses import asdict, dataclass, replace

import pytest
import torch
from omegaconf import OmegaConf
from safetensors import safe_open
from safetensors.torch import save_file

from rl2_mazes.agents import train
from rl2_mazes.agents.memory.base import Memory
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.memory.mean import MeanSettings
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.training.checkpoint import (
    AgentCard,
    CheckpointError,
    load_agent,
    save,
    warm_start,
)
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.choice import default_settings, settings_from
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.types import Spaces, TimeStep
from rl2_mazes.core.validation import fixed

SPACES = Spaces(3, num_states=2)


@dataclass
class HoarderSettings:
    kind: str = fixed("hoarder")
    growth: int = 1
    extra_output: int = 0

    def build(self, input_size: int) -> Memory:
        return Hoarder(input_size, self)


@dataclass
class PlainSettings(HoarderSettings):
    kind: str = "plain"


class Hoarder(Memory):
    """A carry that grows by every step's `growth`, and an output that is not in the carry."""

    def __init__(self, input_size: int, settings: HoarderSettings):
        super().__init__()
        self.output_size, self.carry_size, self.settings = input_size, 4, settings

    def step(self, x, is_first, carry):
        output = torch.cat((x, x[:, : self.settings.extra_output]), -1)
        return output, torch.cat((carry, x[:, : self.settings.growth]), -1)

    def unroll(self, x, is_first, carry):
        return x


@pytest.fixture(autouse=True)
def hoarder(monkeypatch):
    monkeypatch.setitem(MEMORIES.all(), "hoarder", HoarderSettings)
    monkeypatch.setitem(MEMORIES.all(), "plain", PlainSettings)


def act(settings, spaces=SPACES):
    agent = settings.build(spaces)
    none = torch.zeros(2, dtype=torch.int64)
    start = TimeStep(none, none, torch.zeros(2), none.bool(), ~none.bool())
    return agent.act(agent.initial_carry(2), start, torch.Generator())


def test_a_carry_that_changes_size_is_named():
    with pytest.raises(UserError, match=r"^Hoarder returned 5 floats per environment as its carry"):
        act(RL2Settings(memory=HoarderSettings()))
    with pytest.raises(UserError, match=r"^Hoarder returned 9 .* output, and output_size is 7; "):
        act(
            RL2Settings(
                dense_size=0, feedback_size=0, memory=HoarderSettings(growth=0, extra_output=2)
            )
        )


def test_the_kind_of_a_memory_is_no_setting():
    """It tells a checkpoint which entry it is."""
    with pytest.raises(
        UserError, match=r"^agent\.memory\.kind is gru; .* must stay plain: choose anot"
    ):
        RL2Settings(memory=PlainSettings(kind="gru"))


def test_a_memory_that_keeps_its_size_acts():
    assert act(RL2Settings(memory=HoarderSettings(growth=0)))[1].shape == (2, 4)


def test_pairs_need_a_memory_that_can_be_read():
    spaces = BanditSuite().spaces
    with pytest.raises(UserError, match="agent/memory=hoarder is no function of it; choose anoth"):
        ExchangeableSettings(memory=HoarderSettings(growth=0)).build(spaces)
    for memory in (MeanSettings(hidden_size=3), GRUSettings(hidden_size=3)):
        act(ExchangeableSettings(memory=memory, embedding_size=4), spaces)


def test_a_preset_of_an_agent_takes_another_memory_whole():
    config = train.compose("experiment=mdp_n10", "agent/memory=mean", "agent.memory.hidden_size=9")
    assert OmegaConf.to_object(config.agent.memory) == MeanSettings(hidden_size=9)
    assert train.compose("agent=duan2016").agent.memory.hidden_size == 256


def test_defaults_are_those_of_the_chosen_entry():
    chosen = RL2Settings(dense_size=7, memory=MeanSettings(hidden_size=5))
    assert default_settings(chosen) == asdict(RL2Settings(memory=MeanSettings()))
    assert settings_from(RL2Settings, asdict(chosen)) == chosen


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        ({"hidden_size": 4}, "x.safetensors: agent/memory has no kind; it must be one of"),
        ({"kind": "gruu"}, "x.safetensors: agent/memory 'gruu' does not exist; did you mean gru?"),
        (
            {"kind": "mean", "hidden_size": 4, "units": 4},
            "has a setting agent.memory.units, ",
        ),
        ({"kind": "mean"}, "no setting agent.memory.hidden_size, which was added since"),
        ({"kind": "mean", "hidden_size": 0}, "agent.memory.hidden_size is 0; it must be at least"),
        ("gru", "x.safetensors: agent/memory has no kind"),
    ],
)
def test_a_card_with_another_memory_is_refused_in_one_line(memory, message, tmp_path):
    agent = RL2Settings(memory=MeanSettings(hidden_size=4)).build(SPACES)
    path = save(tmp_path, agent, AgentCard.of(agent, {"kind": "mdps"}), {}) / "weights.safetensors"
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    assert load_agent(path)[0].settings == agent.settings
    card = json.loads(metadata["card"])
    card["agent"]["memory"] = memory
    save_file(weights, tmp_path / "x.safetensors", metadata | {"card": json.dumps(card)})
    with pytest.raises(CheckpointError) as error:
        load_agent(tmp_path / "x.safetensors")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_warm_start_needs_the_same_memory(tmp_path):
    settings = RL2Settings(memory=GRUSettings(hidden_size=4))
    agent = settings.build(SPACES)
    save(tmp_path, agent, AgentCard.of(agent, {"kind": "mdps"}), {})
    other = replace(settings, memory=MeanSettings(hidden_size=4)).build(SPACES)
    with pytest.raises(CheckpointError, match=r"agent\.memory\.kind=gru, this run has mean"):
        warm_start(other, tmp_path)
    of_another_bias = replace(settings.memory, update_gate_bias=3.0)  # for initial weights alone
    warm_start(replace(settings, memory=of_another_bias).build(SPACES), tmp_path)
