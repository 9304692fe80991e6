"""Agents from outside, as their owners would write them, and wrong ones."""

import os
import time

import numpy as np
import torch
from support.processes import children

import rl2_mazes as rl2

engines: set[int] = set()  # processes that this one had started when an agent acted


class Turner:
    """Forward, and a turn at every third step; the carry counts steps. Needs no spaces."""

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, dtype=torch.int64)

    def act(self, carry, timestep, rng):
        carry = torch.where(timestep.is_first, 0, carry)
        return torch.where(carry % 3 == 2, 0, 2), carry + 1, None


class Drawing:
    """Draws actions of the suite; made from its spaces."""

    def __init__(self, spaces):
        self.num_actions = spaces.num_actions

    def initial_carry(self, batch_size):
        return torch.zeros(batch_size, 0)

    def act(self, carry, timestep, rng):
        size = timestep.is_first.shape
        return torch.randint(self.num_actions, size, generator=rng), carry, None


turner = Turner()


def policy(observation, state, rng):
    """A function of one environment."""
    steps = 0 if state is None else state
    assert (state is None) == (observation["prev_action"] == 3)
    return (rng.integers(3) if steps % 5 == 4 else 2), steps + 1


def make_function(spaces):
    return rl2.FunctionAgent(policy, spaces)


def make_slow(spaces):
    def slow(observation, state):
        time.sleep(0.01)
        engines.update(children(os.getpid()))
        return 2

    return rl2.FunctionAgent(slow, spaces)


class Wrong(Turner):
    """Returns something else than it should, from its fourth step on."""

    def __init__(self, spaces):
        self.steps = 0

    def act(self, carry, timestep, rng):
        right = super().act(carry, timestep, rng)
        self.steps += 1
        return right if self.steps < 4 else self.wrong(*right)


def wrong(change):
    return type("Wrong", (Wrong,), {"wrong": staticmethod(change)})


def fail(action, carry, extras):
    engines.update(children(os.getpid()))
    raise ZeroDivisionError("division\nby zero")


shape = wrong(lambda a, c, e: (a[:, None], c, e))
kind = wrong(lambda a, c, e: (a.int(), c, e))
nan = wrong(lambda a, c, e: (a.float().index_fill(0, torch.tensor([1]), torch.nan), c, e))
too_great = wrong(lambda a, c, e: (a.index_fill(0, torch.tensor([1]), 7), c, e))
an_array = wrong(lambda a, c, e: (a.numpy(), c, e))
no_carry = wrong(lambda a, c, e: a)
growing = wrong(lambda a, c, e: (a, torch.cat((c, c)), e))
other_carry = wrong(lambda a, c, e: (a, (c, np.zeros(2)), e))
raising = wrong(fail)


def stop(action, carry, extras):
    raise SystemExit(3)


class WordlessError(Exception):
    """Has a text that cannot be had, as has its representation."""

    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


def fail_wordlessly(action, carry, extras):
    raise WordlessError


stopping, wordless = wrong(stop), wrong(fail_wordlessly)
unprintable = wrong(lambda a, c, e: (WordlessError(), c, e))


def make_undecided(spaces):
    return rl2.FunctionAgent(lambda observation, state: 1.5, spaces)


def make_talkative(spaces):
    return rl2.FunctionAgent(lambda observation, state: (1, 2, 3), spaces)


class Sampling(Turner):
    """Has a `greedy` that it alone decides on."""

    @property
    def greedy(self):
        return False


def make_nothing(spaces):
    return None


def make_class(spaces):
    return Turner


def make_raising(spaces):
    raise FileNotFoundError("there is no model.zip")


def takes_two(spaces, device):
    return Turner()


class OfStates(Turner):
    """States for itself that it acts in states, not in images."""

    spaces = rl2.Spaces(num_actions=5, num_states=10)


NUMBER = 3
