"""An agent from outside that breaks the interface is refused before it is trained."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.contract import build_agent
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import Spaces

SPACES = Spaces(num_actions=3, num_states=2)
SMALL = RL2Settings(dense_size=4, feedback_size=4, memory=GRUSettings(hidden_size=4))


class Own(RL2Agent):
    """An agent of ours, with another member."""


@dataclass
class Settings:
    made: object
    kind: ClassVar[str] = "mine"

    def build(self, spaces):
        return self.made


def breaking(**changes):
    agent = Own(SPACES, SMALL)
    for name, value in changes.items():
        setattr(agent, name, value.__get__(agent))
    return agent


def changed(position, change):
    """`act` with one of its results changed."""

    def act(self, *arguments):
        results = list(RL2Agent.act(self, *arguments))
        results[position] = change(results[position])
        return tuple(results)

    return act


BROKEN = {
    "no agent": (None, "build returned NoneType; it must return an ActorCritic"),
    "a layer": (nn.Linear(2, 2), "build returned Linear; it must return an ActorCritic"),
    "no carry": (
        breaking(initial_carry=lambda self, size: None),
        "initial_carry is NoneType; it must be a tensor",
    ),
    "two results": (
        breaking(act=lambda self, *x: RL2Agent.act(self, *x)[:2]),
        "act must return (action, carry, extras)",
    ),
    "too few arguments": (
        breaking(act=lambda self, carry, timestep, rng: None),
        "act takes (carry, timestep, rng); it must take the arguments of ActorCritic's",
    ),
    "a column": (
        breaking(act=changed(0, lambda action: action[:, None])),
        "act's action is [3, 1] of torch.int64; it must be a tensor [3] of torch.int64",
    ),
    "floats": (
        breaking(act=changed(0, lambda action: action.float())),
        "act's action is [3] of torch.float32; it must be a tensor [3] of torch.int64",
    ),
    "out of range": (
        breaking(act=changed(0, lambda action: action * 0 + 3)),
        "act's action is [3, 3, 3]; it must be of 0 .. 2",
    ),
    "a longer carry": (
        breaking(act=changed(1, lambda carry: torch.cat((carry, carry), 1))),
        "act's carry is [3, 8] of torch.float32; it must be a tensor [3, 4] of torch.float32",
    ),
    "no extras": (breaking(act=changed(2, lambda extras: None)), "act's extras are NoneType; they"),
    "a column of chances": (
        breaking(act=changed(2, lambda extras: extras._replace(log_prob=extras.log_prob[:, None]))),
        "act's log_prob is [3, 1] of torch.float32; it must be a tensor [3] of torch.float32",
    ),
    "a column of values": (
        breaking(predict_value=lambda self, *x: RL2Agent.predict_value(self, *x)[:, None]),
        "predict_value's result is [3, 1] of torch.float32; "
        "it must be a tensor [3] of torch.float32",
    ),
    "no outputs": (
        breaking(forward=lambda self, *x: None),
        "forward returned NoneType; it must return Outputs",
    ),
    "a value for each action": (
        breaking(forward=lambda self, *x: (y := RL2Agent.forward(self, *x))._replace(value=y[0])),
        "forward's value is [2, 3, 3] of torch.float32; "
        "it must be a tensor [2, 3] of torch.float32",
    ),
}


@pytest.mark.parametrize(("agent", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_agent_is_named(agent, message):
    with pytest.raises(UserError) as raised:
        build_agent(Settings(agent), SPACES)
    assert message in str(raised.value)


@pytest.mark.parametrize("spaces", [SPACES, Spaces(num_actions=3, image_shape=(30, 40, 3))])
def test_an_agent_that_keeps_the_interface_is_built_as_it_is(spaces):
    agent = Own(spaces, SMALL)
    assert build_agent(Settings(agent), spaces) is agent
    assert isinstance(build_agent(SMALL, spaces), RL2Agent)


def test_one_with_a_privileged_critic_too():
    spaces = Spaces(num_actions=3, num_states=2, num_privileged=4)
    agent = Own(spaces, RL2Settings(privileged_critic=True, memory=GRUSettings(hidden_size=4)))
    assert build_agent(Settings(agent), spaces) is agent
