"""The presets of the network of Duan et al. (2016) against the paper and its authors' code."""

from dataclasses import asdict

import pytest
import torch
from omegaconf import OmegaConf
from support.presets import composed
from support.steps import MAZES, MDPS, some_steps
from support.toys import LeverEnv, LeverSampler
from torch import nn
from torch.nn.utils import parametrize

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.core.registries.choice import settings_from
from rl2_mazes.core.trial import Trial
from rl2_mazes.core.types import TimeStep

PRESETS = (("duan2016_mazes", MAZES), ("duan2016", MDPS))


def config_of(name):
    return composed(f"agent={name}").agent


def preset(name) -> RL2Settings:
    return OmegaConf.to_object(config_of(name))


def build(name, spaces) -> RL2Agent:
    torch.manual_seed(0)
    return RL2Agent(spaces, preset(name))


def test_layers_for_mazes():
    agent = build("duan2016_mazes", MAZES)
    convs = [layer for layer in agent.encoder.modules() if isinstance(layer, nn.Conv2d)]
    assert [(c.out_channels, c.kernel_size, c.stride, c.padding) for c in convs] == [
        (16, (5, 5), (2, 2), (0, 0))
    ] * 2
    assert agent.encoder.num_features == 560
    assert agent.feedback.weight.shape == (256, 3 + 2)
    assert [layer.weight.shape for layer in agent.fusion] == [(256, 560 + 256), (256, 256)]
    assert agent.memory.cell.weight_ih.shape == agent.memory.cell.weight_hh.shape == (3 * 256, 256)
    assert agent.policy.weight.shape == (3, 256)
    assert agent.value.weight.shape == (1, 256)
    assert agent.value_memory is None
    assert agent.initial_carry(2).shape == (2, 256)


def test_layers_for_tabular_tasks():
    agent = build("duan2016", MDPS)
    memories = agent.memory, agent.value_memory
    assert all(memory.cell.weight_ih.shape == (3 * 256, 10 + 5 + 2) for memory in memories)
    named = {name.split(".")[0] for name, _ in agent.named_parameters()}
    assert named == {"memory", "value_memory", "policy", "value"}
    assert agent.initial_carry(2).shape == (2, 2 * 256)
    assert (agent.initial_carry(2) == 0).all()


def test_memory_for_tabular_tasks_takes_the_raw_step():
    step = TimeStep(
        obs=torch.tensor([7, 0]),
        prev_action=torch.tensor([4, 0]),
        prev_reward=torch.tensor([-2.5, 0.0]),
        prev_done=torch.tensor([True, False]),
        is_first=torch.tensor([False, True]),
    )
    expected = torch.zeros(2, 17)
    expected[0, [7, 14]] = 1.0  # state 7, action 4
    expected[0, 15:] = torch.tensor([-2.5, 1.0])
    expected[1, 0] = 1.0  # a trial's first step: only a state
    agent = build("duan2016", MDPS)
    assert torch.equal(agent._features(agent.encode(step.obs), step), expected)


@pytest.mark.parametrize(("name", "spaces"), PRESETS)
def test_weight_norm_of_all_layers_but_the_heads(name, spaces):
    agent = build(name, spaces)
    norms = 0
    for part in agent.modules():
        if not isinstance(part, nn.Linear | nn.Conv2d | nn.GRUCell):
            continue
        heads = part is agent.policy or part is agent.value
        assert parametrize.is_parametrized(part) != heads
        for weight, split in getattr(part, "parametrizations", {}).items():
            assert weight.startswith("weight")
            unit_norm = getattr(part, weight).flatten(1).norm(dim=1)
            torch.testing.assert_close(split.original0.flatten(), unit_norm)
            norms += 1
    assert norms == {"duan2016_mazes": 2 + 1 + 2 + 2, "duan2016": 2 * 2}[name]


@pytest.mark.parametrize(("name", "spaces"), PRESETS)
def test_recurrent_weights_start_orthogonal_and_biases_at_zero(name, spaces):
    cell = build(name, spaces).memory.cell
    for gate in cell.weight_hh.chunk(3):
        torch.testing.assert_close(gate @ gate.T, torch.eye(256), rtol=0, atol=1e-5)
    assert (cell.bias_ih == 0).all()
    assert (cell.bias_hh == 0).all()


@pytest.mark.parametrize(("name", "spaces"), PRESETS)
def test_a_rollout_equals_its_steps(name, spaces):
    agent = build(name, spaces)
    steps = some_steps(spaces, time=9, batch=4)
    steps = steps._replace(prev_reward=steps.prev_reward * 100)
    start = carry = torch.randn_like(agent.initial_carry(4))
    values = []
    rng = torch.Generator().manual_seed(0)
    for t in range(9):
        now = TimeStep(*(field[t] for field in steps))
        values.append(agent.predict_value(carry, now))
        _, carry, extras = agent.act(carry, now, rng)
        torch.testing.assert_close(extras.value, values[-1])
    value = agent(steps, start).value
    torch.testing.assert_close(value.detach(), torch.stack(values), rtol=1e-5, atol=1e-5)
    assert carry.max() > 2  # impossible with tanh


def gradients(agent, output):
    agent.zero_grad()
    output.sum().backward(retain_graph=True)
    return {
        name.split(".")[0]
        for name, weight in agent.named_parameters()
        if weight.grad is not None and weight.grad.abs().sum() > 0
    }


def test_policy_and_value_for_tabular_tasks_share_no_weight():
    agent = build("duan2016", MDPS)
    out = agent(some_steps(MDPS, 9, 4), agent.initial_carry(4))
    assert gradients(agent, out.log_probs[..., 0]) == {"memory", "policy"}
    assert gradients(agent, out.value) == {"value_memory", "value"}


def test_policy_and_value_for_mazes_share_the_trunk():
    agent = build("duan2016_mazes", MAZES)
    value = agent(some_steps(MAZES, 5, 2), agent.initial_carry(2)).value
    assert gradients(agent, value) == {"encoder", "feedback", "fusion", "memory", "value"}


def test_each_memorys_carry_moves_only_its_own_head():
    agent = build("duan2016", MDPS)
    steps = some_steps(MDPS, 1, 3)
    steps = steps._replace(is_first=torch.zeros_like(steps.is_first))
    carry = torch.zeros(3, 512)
    out = agent(steps, carry)
    other = agent(steps, torch.cat((carry[:, :256], torch.ones(3, 256)), 1))
    assert torch.equal(other.log_probs, out.log_probs)
    assert not torch.allclose(other.value, out.value)


def test_a_change_of_value_units_changes_no_prediction():
    torch.manual_seed(0)
    trial = Trial(LeverEnv(8), LeverSampler(), episodes_per_trial=2)
    agent = RL2Agent(trial.env.spaces, preset("duan2016"))
    learner = PPO(agent, PPOSettings(lr=1e-9), seed=0)
    timestep, carry = trial.reset(0), agent.initial_carry(8)
    rollout, *_ = collect(agent, trial, carry, timestep, 8, torch.Generator())
    before = agent.predict_value(rollout.carry, timestep)
    metrics = learner.update(rollout._replace(training_reward=rollout.training_reward * 100 + 7))
    assert agent.value_std > 10
    assert metrics["grad_norm"] > 0
    after = agent.predict_value(rollout.carry, timestep)
    torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("name", "spaces"), PRESETS)
def test_plain_settings_and_weights_restore_the_agent(name, spaces):
    agent = build(name, spaces)
    again = RL2Agent(spaces, settings_from(RL2Settings, asdict(agent.settings)))
    again.load_state_dict(agent.state_dict())
    steps = some_steps(spaces, 3, 2)
    carry = agent.initial_carry(2)
    assert torch.equal(again(steps, carry).value, agent(steps, carry).value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dense_size": -1}, "agent.dense_size is -1; it must be at least 0"),
        ({"fusion_sizes": [8, 0]}, "agent.fusion_sizes is .*; it must be at least 1"),
        ({"memory": "gur"}, "agent/memory 'gur' does not exist; did you mean gru"),
        ({"memory": "gru"}, "agent.memory is gru; it is a group of presets: agent/memory=gru"),
        ({"memory": None}, "agent.memory is null; choose with agent/memory= from"),
    ],
)
def test_wrong_settings_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        RL2Settings(**wrong)


def test_a_rollout_computes_normalised_weights_once(monkeypatch):
    trial = Trial(LeverEnv(4), LeverSampler(), episodes_per_trial=2)
    agent = RL2Agent(trial.env.spaces, preset("duan2016"))
    split = type(agent.memory.cell.parametrizations.weight_hh[0])
    calls, forward = [], split.forward
    monkeypatch.setattr(split, "forward", lambda *a: calls.append(a) or forward(*a))
    for expected in (4, 8):  # two memories of two weights; again in the next rollout
        collect(agent, trial, agent.initial_carry(4), trial.reset(0), 6, torch.Generator())
        assert len(calls) == expected
