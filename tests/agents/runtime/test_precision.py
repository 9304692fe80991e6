"""Precision by name, and a network that learns in bfloat16: near float32, and float32 outside."""

from dataclasses import replace

import pytest
import torch
from omegaconf import OmegaConf

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.memory.kernels.gru_numba import SMALLEST
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.agents.runtime import precision
from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.runtime.precision import (
    FLOAT32,
    Precision,
    choose_precision,
    in_bfloat16,
    is_in_bfloat16,
    slowness,
)
from rl2_mazes.agents.train import check, compose, single_trainer
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import MEMORIES
from rl2_mazes.core.trial import Trial
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

CPU, GPU = torch.device("cpu"), torch.device("cuda")
LEARNING, CONVOLUTIONS = Precision(learning=True), Precision(convolutions=True)
SETTINGS = RL2Settings(
    conv=[[8, 8, 4]], dense_size=32, feedback_size=8, fusion_sizes=[32],
    memory=GRUSettings(hidden_size=64), privileged_critic=True, aux="privileged",
)  # fmt: skip


def settings_of(*changes):
    return OmegaConf.to_object(compose(*changes, "device=cpu"))


@pytest.fixture
def instructions(monkeypatch):
    """Set whether devices have instructions for bfloat16."""
    return lambda found: monkeypatch.setattr(precision, "has_bfloat16", lambda device: found)


@pytest.mark.parametrize(
    ("name", "device", "has_images", "found", "chosen"),
    [
        ("auto", CPU, True, True, LEARNING),
        ("auto", CPU, True, False, FLOAT32),
        ("auto", CPU, False, True, FLOAT32),
        ("auto", GPU, True, True, CONVOLUTIONS),
        ("auto", GPU, True, False, FLOAT32),
        ("float32", CPU, True, True, FLOAT32),
        ("float32", GPU, True, True, FLOAT32),
        ("bfloat16", CPU, True, False, LEARNING),
        ("bfloat16", CPU, False, False, LEARNING),
        ("bfloat16", GPU, True, False, CONVOLUTIONS),
    ],
)
def test_the_rule(name, device, has_images, found, chosen, instructions):
    instructions(found)
    assert choose_precision(name, device, has_images) == chosen


@pytest.mark.parametrize(
    ("capabilities", "found"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_f": True}, False)],
)
def test_the_processor_is_asked(capabilities, found, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert precision.has_bfloat16(CPU) == found


def test_a_torch_that_cannot_say_means_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not precision.has_bfloat16(CPU)


def test_a_slow_choice_is_warned_of(instructions):
    instructions(False)
    assert "1.4 to 5 times as long" in slowness("bfloat16", CPU)
    assert slowness("auto", CPU) is None
    instructions(True)
    assert slowness("bfloat16", CPU) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["precision=half"], "precision is half; it must be one of auto, float32, bfloat16"),
        (
            ["precision=bfloat16", "learner=trpo", "agent=rl2"],
            "needs the RL² network and learner=ppo",
        ),
        (["precision=bfloat16", "experiment=bandit_k5_n10_exchangeable"], "precision=auto"),
    ],
)
def test_bad_choices(changes, message):
    with pytest.raises(UserError, match=message):
        check(settings_of("suite=mazes/grid_small", *changes), World())


def test_a_training_has_its_precision(mazes, instructions):
    instructions(True)
    settings = settings_of("experiment=demo")
    for name, found in (("auto", LEARNING), ("float32", FLOAT32), ("bfloat16", LEARNING)):
        settings.precision = name
        assert single_trainer(settings, mazes, 50, CPU).agent.precision == found
    settings = settings_of("experiment=demo", "learner=trpo", "agent=rl2")
    assert single_trainer(settings, mazes, 50, CPU).agent.precision == FLOAT32


@pytest.fixture(scope="module")
def mazes():
    suite = MazeSuite(tasks=MazeTasks(num_mazes=8), rules=MazeRules(movement="grid"))
    return Trial(*suite.build(4, CPU, TwinSettings(device="cpu", kernel="numba")), 2)


def make_agent(trial, settings=SETTINGS):
    torch.manual_seed(0)
    return RL2Agent(trial.env.spaces, settings)


def rollout_of(agent, trial):
    rng = torch.Generator().manual_seed(0)
    return collect(agent, trial, agent.initial_carry(4), trial.reset(0), 30, rng)[0]


def outputs_and_gradients(agent, inputs):
    """The network's outputs, and gradients of their mean squares by weight."""
    agent.zero_grad()
    outputs = agent(*inputs)
    sum(output.square().mean() for output in outputs).backward()
    gradients = {name: w.grad.clone() for name, w in agent.named_parameters() if w.grad is not None}
    return [output.detach() for output in outputs], gradients


def far(one, other):
    return float((one - other).norm() / other.norm().clamp(min=1e-6))


@pytest.mark.parametrize("kind", list(MEMORIES))
def test_learning_is_close_to_float32_with_every_memory(kind, mazes):
    agent = make_agent(mazes, replace(SETTINGS, memory=MEMORIES.get(kind)()))
    inputs = rollout_of(agent, mazes).take_envs(torch.arange(4))
    exact, exact_gradients = outputs_and_gradients(agent, inputs)
    agent.precision = LEARNING
    reduced, gradients = outputs_and_gradients(agent, inputs)
    assert not is_in_bfloat16(CPU)
    for one, other in zip(reduced, exact, strict=True):
        assert one.dtype == torch.float32
        assert 0 < far(one, other) < 0.02
    assert gradients.keys() == exact_gradients.keys()
    for name, gradient in gradients.items():
        assert gradient.dtype == torch.float32
        assert far(gradient, exact_gradients[name]) < 0.2, name


def test_on_a_cpu_acting_stays_float32(mazes):
    agent = make_agent(mazes)
    exact = rollout_of(agent, mazes)
    agent.precision = LEARNING
    again = rollout_of(agent, mazes)
    for name in ("action", "log_prob", "value"):
        assert torch.equal(getattr(again, name), getattr(exact, name))


def test_on_a_gpu_convolutions_alone_are_lowered_and_in_acting_too(mazes):
    agent = make_agent(mazes)
    products = []
    agent.dense.register_forward_pre_hook(lambda _, x: products.append(x[0].dtype))
    exact = rollout_of(agent, mazes)
    inputs = exact.take_envs(torch.arange(4))
    learnt, _ = outputs_and_gradients(agent, inputs)
    agent.precision = CONVOLUTIONS
    assert 0 < far(rollout_of(agent, mazes).value[0], exact.value[0]) < 0.02
    again, _ = outputs_and_gradients(agent, inputs)
    assert 0 < far(again[0], learnt[0]) < 0.02
    assert set(products) == {torch.float32}


@pytest.mark.parametrize("size", [16, 64])
def test_the_memorys_own_products_are_lowered_where_there_is_a_kernel(size):
    torch.manual_seed(0)
    memory = GRUSettings(hidden_size=size).build(5)
    x, is_first = torch.randn(9, 4, 5), torch.zeros(9, 4, dtype=torch.bool)
    exact = memory.unroll(x, is_first, torch.zeros(4, size))
    with in_bfloat16(CPU):
        reduced = memory.unroll(x, is_first, torch.zeros(4, size))
    assert torch.equal(reduced, exact) == (size < SMALLEST)


def test_the_network_lets_the_memory_lower_its_products(mazes, monkeypatch):
    agent, seen = make_agent(mazes), []
    unroll = agent.memory.unroll

    def spy(*args):
        seen.append(is_in_bfloat16(CPU))
        return unroll(*args)

    inputs = rollout_of(agent, mazes).take_envs(torch.arange(4))
    monkeypatch.setattr(agent.memory, "unroll", spy)
    for agent.precision in (FLOAT32, LEARNING, CONVOLUTIONS):
        agent(*inputs)
    monkeypatch.setattr(type(agent.memory), "takes_bfloat16", False)
    agent.precision = LEARNING
    agent(*inputs)
    assert seen == [False, True, False, False]


def test_frames_of_another_shape_are_named(mazes):
    agent = make_agent(mazes)
    rollout = rollout_of(agent, mazes)
    with pytest.raises(ValueError, match="must be the different frames"):
        agent(rollout.timesteps, rollout.carry, rollout.privileged, rollout.frame_id)


def test_the_memory_adds_up_in_float32(mazes):
    """A state that changes by less than bfloat16 can tell apart still changes."""
    memory = GRUSettings(hidden_size=64, update_gate_bias=9.0).build(3)
    x, is_first = torch.ones(400, 2, 3), torch.zeros(400, 2, dtype=torch.bool)
    start = torch.ones(2, 64)
    exact = memory.unroll(x, is_first, start)
    with in_bfloat16(CPU):
        reduced = memory.unroll(x, is_first, start)
    assert reduced.dtype == torch.float32
    exact, reduced = exact.detach(), reduced.detach()
    moved = (exact[-1] - start).abs()
    assert (moved.mean() / 400) < 2**-9
    assert 0 < far(reduced[-1] - start, exact[-1] - start) < 0.02


def test_weights_are_updated_in_float32(mazes):
    """A step smaller than bfloat16 can tell apart changes the weights."""
    agent = make_agent(mazes)
    agent.precision = LEARNING
    before = {name: weight.clone() for name, weight in agent.named_parameters()}
    learner = PPO(agent, PPOSettings(lr=1e-6, epochs=1, num_minibatches=1), 0)
    learner.update(rollout_of(agent, mazes))
    for name, weight in agent.named_parameters():
        assert weight.dtype == torch.float32
        if name.startswith(("encoder", "memory")):
            changed = (weight - before[name]).abs()
            assert 0 < changed.max() < 1e-5, name
