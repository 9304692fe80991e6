"""A control from outside that does wrong ends in a line that names it; a right one acts as ever."""

import numpy as np
import pytest
import torch

import rl2_mazes as rl2
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.controls.making import controlled
from rl2_mazes.eval.controls.wrappers import CameraCovered, Control, greedily

SUITE = rl2.make_suite("mazes/grid_small", num_tasks=3)
RULE = r"it must be a tensor \[3, 30, 40, 3\] of torch.uint8"


class Turner:
    """Forward, and a turn at every third step, if it sees an image."""

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, dtype=torch.int64)

    def act(self, carry, timestep, rng):
        carry = torch.where(timestep.is_first, 0, carry)
        turns = (carry % 3 == 2) & (timestep.obs.amax((1, 2, 3)) > 0)
        return torch.where(turns, 0, 2), carry + 1, None


def control(shown):
    return type("Mine", (Control,), {"__module__": "mine", "shown": staticmethod(shown)})


def raising(timestep):
    raise ZeroDivisionError("division by zero")


class WithoutInit:
    def initial_carry(self, batch_size):
        return None

    def act(self, carry, timestep, rng):
        return torch.full(timestep.is_first.shape, 9), carry, None


class WithAction(Control):
    def act(self, carry, timestep, rng):
        return torch.full(timestep.is_first.shape, 9), carry, None


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (control(raising), r"control mine, step 1: act raised ZeroDivisionError: .*, line \d+\)"),
        (control(lambda t: None), "control mine shows the agent None; it must show a TimeStep"),
        (control(lambda t: t._replace(obs=t.obs[:, :9])), rf"agent obs tensor \[3, 9, .*; {RULE}"),
        (control(lambda t: t._replace(obs=t.obs / 255)), f"of torch.float32; {RULE}"),
        (control(lambda t: t._replace(prev_reward=None)), "agent prev_reward None; it must be a t"),
        (WithoutInit, r"control mine raised TypeError: .*takes no arguments"),
        (WithAction, "control mine, step 1: act returned action 9 in environment 0; they must be"),
        (lambda agent: None, "control mine is None, which has no method initial_carry"),
    ],
)
def test_a_wrong_control_is_named(made, message):
    with pytest.raises(UserError, match=message):
        run(controlled("mine", made, Turner(), SUITE.spaces))


def run(agent):
    return rl2.run_trials(agent, SUITE, num_trials=3).log.actions


def test_a_right_one_does_what_ours_does():
    ours = run(controlled("camera covered", CameraCovered, Turner(), SUITE.spaces))
    same = control(lambda t: t._replace(obs=torch.zeros_like(t.obs)))
    assert np.array_equal(run(controlled("mine", same, Turner(), SUITE.spaces)), ours)
    assert not np.array_equal(run(Turner()), ours)


class Choosing(Turner):
    """Forward alone where it is greedy."""

    greedy = False

    def act(self, carry, timestep, rng):
        action, carry, _ = super().act(carry, timestep, rng)
        return torch.full_like(action, 2) if self.greedy else action, carry, None


class Greedily(control(lambda timestep: timestep)):
    __module__ = "mine"

    def __init__(self, agent):
        super().__init__(greedily(agent))


def test_one_may_make_the_agent_greedy_and_leaves_it_as_it_is():
    agent = Choosing()
    assert (run(controlled("mine", Greedily, agent, SUITE.spaces)) == 2).all()
    assert (run(controlled("mine", control(lambda t: t), agent, SUITE.spaces)) != 2).any()
