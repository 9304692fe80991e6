"""A training that is killed at any change of a file loses nothing that it had saved."""

import io
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from support.toys import LeverEnv, LeverSampler, Watcher

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.training import loop
from rl2_mazes.agents.training.checkpoint import KEEP, restore_newest, save
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.core.storage import provenance
from rl2_mazes.core.storage.provenance import read_origins
from rl2_mazes.core.storage.run_folder import RunFolder
from rl2_mazes.core.trial import Trial

CHANGES = ("replace", "fsync", "mkdir", "unlink", "rmdir")
STEPS = 2  # of an update


class Killed(BaseException):
    """As by SIGKILL: from here on the process changes nothing."""


@contextmanager
def killed_at(change):
    """Raise at the change of that number, and at each one after it: no clean-up is done."""
    left = [change]

    def counting(function):
        def counted(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return None if function is os.fsync else function(*arguments, **options)

        return counted

    def opening(file, mode="r", *arguments, **options):
        called = counting(io_open) if set(mode) & set("wax") else io_open
        return called(file, mode, *arguments, **options)

    io_open = io.open
    patches = [patch.object(os, name, counting(getattr(os, name))) for name in CHANGES]
    for each in (*patches, patch.object(io, "open", opening)):
        each.start()
    try:
        yield
    except Killed:
        pass
    finally:
        patch.stopall()


@dataclass
class Suite:
    kind: str = "levers"


class KilledTraining(RuleBasedStateMachine):
    """Each rule is a process that resumes the run and is killed, or not."""

    def __init__(self):
        super().__init__()
        self.run = Path(tempfile.mkdtemp())
        self.saved = 0

    def teardown(self):
        self.whole(updates=1)
        shutil.rmtree(self.run)

    def process(self, updates, change):
        env = LeverEnv(STEPS)
        agent = RL2Settings(
            conv=[], dense_size=0, feedback_size=0, memory=GRUSettings(hidden_size=2)
        ).build(env.spaces)
        trainer = Trainer(agent, Watcher(), Trial(env, LeverSampler(), 2), 1, seed=0)
        asked: Any = SimpleNamespace(
            init_from=None,
            tensorboard=False,
            wandb=False,
            objective=None,
            keep_every=None,
            checkpoint_seconds=0,
            suite=Suite(),
            total_steps=self.newest() + updates * STEPS,
        )

        def save_and_note(folder, agent, card, state):
            save(folder, agent, card, state)
            self.saved = card.steps

        folder = RunFolder(self.run, {"seed": 0})
        never: Any = SimpleNamespace(requested=False)
        with (
            patch.object(loop, "save", save_and_note),
            patch.object(provenance, "commit", lambda: None),
            killed_at(change),
        ):
            loop.train(asked, folder, trainer, torch.device("cpu"), never)
        for logger in folder._loggers:
            logger.close()
        assert folder._lock is not None
        folder._lock.close()
        restored = restore_newest(folder.checkpoints, agent)
        assert (restored[0].steps if restored else 0) >= self.saved

    def newest(self):
        return max((int(each.name[5:]) for each in self.run.glob("checkpoints/step_*")), default=0)

    @rule(updates=st.integers(1, 4), change=st.integers(0, 50))
    def killed(self, updates, change):
        self.process(updates, change)

    @rule(updates=st.integers(1, 2))
    def whole(self, updates):
        until = self.newest() + updates * STEPS
        self.process(updates, 10**6)
        assert self.newest() == until
        lines = (self.run / "metrics.jsonl").read_text().splitlines()
        steps = [json.loads(line)["steps"] for line in lines]
        assert steps == list(range(STEPS, until + 1, STEPS)), "each update once"
        origins = [line["steps"] for line in read_origins(self.run)]
        assert origins == sorted(set(origins)), "none of a start that saved nothing"
        names = {path.name for path in self.run.iterdir()}
        assert names == {"checkpoints", "config.yaml", "metrics.jsonl", "origins.jsonl", ".lock"}
        kept = sorted(path.name for path in (self.run / "checkpoints").iterdir())
        assert kept == [f"step_{n:012d}" for n in steps[-KEEP:]]


KilledTraining.TestCase.settings = settings(
    max_examples=max(4, settings().max_examples // 20), stateful_step_count=5
)
TestKilledTraining = KilledTraining.TestCase
