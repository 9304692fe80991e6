"""Streams that are said to be independent differ, on a CPU too."""

import torch
from support.toys import LeverEnv, LeverSampler, Watcher

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.bandits.algorithms import ALGORITHMS
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.random import seeding
from rl2_mazes.core.trial import Trial
from rl2_mazes.eval.tabular.tuning import Player

OFFSETS = {name: value for name, value in vars(seeding).items() if name.isupper()}


def test_every_offset_begins_another_stream():
    begun = [0, *OFFSETS.values(), *(seeding.RANK * rank for rank in range(2, 64))]
    generators = [torch.Generator().manual_seed(7 + offset) for offset in begun]
    draws = {torch.rand(4, generator=rng) for rng in generators}
    assert len({tuple(draw.tolist()) for draw in draws}) == len(begun)


def test_every_process_has_tasks_and_draws_of_its_own():
    stated = []
    for rank in (0, 1):
        trial = Trial(LeverEnv(64), LeverSampler(), episodes_per_trial=2)
        agent = RL2Agent(
            trial.env.spaces, RL2Settings(dense_size=4, memory=GRUSettings(hidden_size=4))
        )
        training = Trainer(agent, Watcher(), trial, 5, seed=0, world=World(rank, 2))
        training.iterate()
        (rollout,) = training.learner.rollouts
        stated.append((trial.env.lever, rollout.action))
    for first, second in zip(*stated, strict=True):
        assert not torch.equal(first, second)


def test_tables_of_another_seed_have_other_tasks():
    suite, algorithm = BanditSuite(3, 20), ALGORITHMS.get("greedy")
    tasks = []
    for seed in (0, 1):
        player = Player({}, 10, seed, torch.device("cpu"), lambda *_: None)
        for split in (0, 1):
            (job, *_) = player._jobs([algorithm], [suite], split)
            tasks.append(tuple(job.tasks.flatten().tolist()))
    assert len(set(tasks)) == 4


def test_chance_is_not_what_actions_are_drawn_by():
    env, _ = BanditSuite(3, 20).build(8, torch.device("cpu"), None, seed=0)
    actions = torch.Generator().manual_seed(0)
    assert not torch.equal(torch.rand(4, generator=env.rng), torch.rand(4, generator=actions))
