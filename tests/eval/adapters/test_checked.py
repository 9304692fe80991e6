"""Wrong agents end in one line, which says what would be right; right ones are left alone."""

import numpy as np
import pytest
import strangers
import torch

import rl2_mazes as rl2
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.adapters.checked import layout
from rl2_mazes.eval.adapters.loading import OutsideAgent
from rl2_mazes.eval.controls.wrappers import greedily

SPACES = rl2.Spaces(num_actions=3, image_shape=(30, 40, 3))
ACTIONS = r"they must be a tensor \[4\] of torch.int64, of 0 .. 2"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shape", rf"step 4: act returned actions of shape \[4, 1\]; {ACTIONS}"),
        ("kind", rf"step 4: act returned actions of torch.int32; {ACTIONS}"),
        ("nan", rf"step 4: act returned NaN in environment 1; {ACTIONS}"),
        ("too_great", rf"step 4: act returned action 7 in environment 1; {ACTIONS}"),
        ("an_array", rf"step 4: act returned the actions array \[4\] of int64; {ACTIONS}"),
        ("no_carry", r"step 4: act returned tensor .*must return \(action, carry, extras\)"),
        ("growing", r"returned the carry tensor \[8\] .*, and act before tensor \[4\]"),
        ("other_carry", r"returned the carry \(tensor \[4\] .*, array \[2\] .*must keep its type"),
        ("raising", r"act raised ZeroDivisionError: division by zero \(.*strangers.py, line \d+\)"),
        ("raising", "agent strangers:raising, step 4: act raised"),
        ("stopping", r"step 4: act raised SystemExit: 3 \(.*strangers.py, line \d+\)"),
        ("wordless", r"step 4: act raised WordlessError \(.*strangers.py, line \d+\)"),
        (
            "unprintable",
            "step 4: act returned the actions an object of class WordlessError; they must",
        ),
        (
            "make_undecided",
            "step 1: act: the policy returned the action 1.5; it must be one integer",
        ),
        (
            "make_talkative",
            "step 1: act: the policy returned 3 values; it must return an action, o",
        ),
    ],
)
def test_what_an_agent_may_not_return(name, message):
    agent = OutsideAgent(f"strangers:{name}").for_spaces(SPACES)
    with pytest.raises(UserError, match=message) as caught:
        rl2.run_trials(agent, "mazes/grid_small", num_trials=4)
    assert "\n" not in str(caught.value)
    assert f"strangers:{name}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("strangers:make_nothing", "is None, which has no method initial_carry; an agent has init"),
        ("strangers:make_class", "is <class .*Turner'>, which has no method initial_carry"),
        ("strangers:make_raising", r"raised FileNotFoundError: there is no model.zip \(.*strang"),
        ("strangers:takes_two", r"takes \(spaces, device\); it is called as make_agent\(spaces\)"),
        ("strangers:NUMBER", r"is int; it must be a function make_agent\(spaces\), a class, or an"),
        (
            "strangers:OfStates",
            r"is for num_actions=5, num_states=10, the suite has num_actions=3, image_shape=\(",
        ),
        ("strangers:Turnre", "no 'Turnre'; did you mean Turner"),
        ("strangers.py:Turner", "strangers is a module and holds no others"),
    ],
)
def test_what_makes_no_agent(name, message):
    with pytest.raises(UserError, match=message):
        OutsideAgent(name).for_spaces(SPACES)


def test_greedy_is_an_attribute_of_the_agent():
    with pytest.raises(UserError, match="has no attribute greedy to set; leave it out"):
        OutsideAgent("strangers:Turner", greedy=True).for_spaces(SPACES)
    message = "agent strangers:Sampling has an attribute greedy that cannot be set .*; make it writ"
    with pytest.raises(UserError, match=message):
        OutsideAgent("strangers:Sampling", greedy=True).for_spaces(SPACES)
    with pytest.raises(UserError, match=message):
        greedily(OutsideAgent("strangers:Sampling").for_spaces(SPACES))


@pytest.mark.parametrize("name", ["Turner", "turner", "Drawing", "make_function"])
def test_functions_classes_and_instances_are_agents(name):
    agent = OutsideAgent(f"strangers:{name}").for_spaces(SPACES)
    assert rl2.run_trials(agent, "mazes/grid_small", num_trials=3).length.shape == (3, 2)


def test_observations_are_the_agents_own():
    """It may keep an image, and write into it: the simulator's buffer is not touched."""

    class Painter(strangers.Turner):
        seen = ()

        def act(self, carry, timestep, rng):
            self.seen = (*self.seen, (timestep.obs, timestep.obs.clone()))
            timestep.obs[:, 0] = 255
            return super().act(carry, timestep, rng)

    painter = Painter()
    trials = rl2.run_trials(painter, "mazes/grid_small", num_trials=3)
    usual = rl2.run_trials(strangers.Turner(), "mazes/grid_small", num_trials=3)
    assert np.array_equal(trials.log.actions, usual.log.actions)
    assert all(torch.equal(kept[:, 1:], then[:, 1:]) for kept, then in painter.seen)


def test_layouts_of_carries():
    zeros = torch.zeros(2, 3)
    assert layout({"h": zeros}) != layout({"h": zeros, "c": zeros})
    assert layout((zeros, None)) == layout((zeros + 1, None)) != layout((zeros, 1))
    assert layout([1, 2]) == layout([{}, None]) != layout([1])
    assert layout({"visited": {1}}) == layout({"visited": {1, 2}, "more": 3})
