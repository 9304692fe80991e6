"""A scripted agent of a plug-in is checked at every step; a right one acts as ours does."""

import pytest
import torch

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.adapters.scripted import scripted_agent
from rl2_mazes.eval.datasets.players import load_player
from rl2_mazes.eval.trials.runner import evaluate
from rl2_mazes.mazes.baselines import SCRIPTED_AGENTS, ScriptedAgent
from rl2_mazes.mazes.baselines.random_walk import RandomWalk
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.tasks import MazeSet, MazeTasks
from rl2_mazes.mazes.twin.twin import TwinEnv

MAZES = MazeSet.draw(MazeTasks(rooms=3, num_mazes=3, split="test"))


class Mine(RandomWalk):
    __module__ = "mine"


class Beyond(Mine):
    __module__ = "mine"

    def act(self, carry, timestep, rng):
        return torch.full(timestep.is_first.shape, 9), carry, None


class Raising(Mine):
    __module__ = "mine"

    def act(self, carry, timestep, rng):
        return 1 / 0


def actions_of(build):
    rules = MazeRules(movement="grid", horizon=30, obs_height=1, obs_width=1)
    trial = Trial(TwinEnv(MAZES, rules, 3), MAZES, 2, tasks=torch.arange(3))
    agent = scripted_agent("my_agent", ScriptedAgent("mine", build), trial)
    return evaluate(agent, trial, 3, seed=0).actions.tolist()


def test_a_right_one_acts_as_ours_does():
    assert actions_of(Mine) == actions_of(RandomWalk)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (Beyond, "scripted agent my_agent, step 1: act returned action 9 in environment 0"),
        (Raising, r"scripted agent my_agent, step 1: act raised ZeroDivisionError: .*, line \d+"),
        (type("Empty", (), {"__module__": "mine"}), r"scripted agent my_agent raised TypeError"),
        (lambda trial: None, "scripted agent my_agent is None, which has no method initial_carry"),
    ],
)
def test_a_wrong_one_is_named(build, message):
    with pytest.raises(UserError, match=message):
        actions_of(build)


def test_it_is_found_by_its_name_and_takes_the_name_of_none_of_ours(monkeypatch):
    mine, other = ScriptedAgent("mine", Mine), ScriptedAgent("other", Mine)
    monkeypatch.setitem(SCRIPTED_AGENTS.all(), "my_big agent", mine)
    monkeypatch.setitem(SCRIPTED_AGENTS.all(), "random_walk", other)
    for name in ("my_big agent", "my_big_agent", "my big agent"):
        assert load_player(name).scripted is mine
    assert load_player("random_walk").scripted is SCRIPTED_AGENTS.get("random walk")
