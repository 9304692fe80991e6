"""The network's parts for tabular tasks: inputs by pair of state and action, heads by state."""

from dataclasses import replace

import pytest
import torch
from support.steps import MAZES, MDPS, some_steps

from rl2_mazes.agents.memory.gru import SHUT_BIAS, GRUSettings
from rl2_mazes.agents.networks.pair_inputs import COUNT_SPAN, REWARD_SPANS, REWARD_WEIGHT
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.core.types import TimeStep

PLAIN = {"dense_size": 0, "feedback_size": 0}
MEMORY = GRUSettings(hidden_size=160, update_gate_bias=4.0)  # three units a pair, and ten
ALL = RL2Settings(
    **PLAIN, memory=MEMORY, pair_inputs=True, per_state_heads=True, memory_layer_norm=True
)


def build(settings=ALL):
    torch.manual_seed(0)
    return RL2Agent(MDPS, settings)


@pytest.mark.parametrize("separate_value", [False, True])
def test_a_rollout_equals_its_steps(separate_value):
    agent = build(RL2Settings(**vars(ALL) | {"separate_value": separate_value}))
    steps = some_steps(MDPS, time=9, batch=4)
    start = agent.initial_carry(4)
    start = carry = torch.cat((torch.randn_like(start[:, 1:]), torch.full((4, 1), 7.0)), -1)
    rng, values, actions, log_probs = torch.Generator().manual_seed(0), [], [], []
    for t in range(9):
        now = TimeStep(*(field[t] for field in steps))
        values.append(agent.predict_value(carry, now))
        action, carry, extras = agent.act(carry, now, rng)
        assert torch.equal(carry[:, -1].long(), now.obs)
        actions.append(action)
        log_probs.append(extras.log_prob)
    out = agent(steps, start)
    taken = out.log_probs.gather(-1, torch.stack(actions)[..., None]).squeeze(-1)
    torch.testing.assert_close(taken.detach(), torch.stack(log_probs), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(out.value.detach(), torch.stack(values), rtol=1e-5, atol=1e-6)


def test_feedback_is_marked_by_its_pair():
    agent = build()
    step = TimeStep(
        obs=torch.tensor([4, 4]),
        prev_action=torch.tensor([3, 3]),
        prev_reward=torch.tensor([0.5, 0.5]),
        prev_done=torch.tensor([True, False]),
        is_first=torch.tensor([False, True]),
    )
    features = agent._features(agent.encode(step.obs), step, torch.tensor([2, 2]))
    state, pair, reward, done = features.split([10, 50, 50, 1], -1)
    assert state.nonzero().tolist() == [[0, 4], [1, 4]]
    assert pair.nonzero().tolist() == [[0, 2 * 5 + 3]]  # none at a trial's first step
    assert reward.nonzero().tolist() == [[0, 2 * 5 + 3]]
    assert reward[0, 13] == 0.5
    assert done.squeeze().tolist() == [1, 0]


def test_every_state_has_its_own_heads():
    agent = build()
    steps = some_steps(MDPS, time=6, batch=3)
    before = agent(steps, agent.initial_carry(3))
    with torch.no_grad():  # the rows of state 2
        agent.policy.weight[2 * 5 : 3 * 5] += torch.randn(5, agent.policy.in_features)
        agent.value.weight[2] += 1
    after = agent(steps, agent.initial_carry(3))
    for old, new in zip(before, after, strict=True):
        changed = (old != new).reshape(*steps.obs.shape, -1).any(-1)
        assert torch.equal(changed, steps.obs == 2)


def test_layer_norm_shows_a_step_to_the_heads_at_once():
    """However long the memory's span is."""
    outputs = {}
    for norm in (False, True):
        agent = build(RL2Settings(**PLAIN, memory=MEMORY, memory_layer_norm=norm))
        agent.memory_norms[0].register_forward_hook(
            lambda _, __, out, norm=norm: outputs.update({norm: out.detach()})
        )
        agent(some_steps(MDPS, time=2, batch=64), agent.initial_carry(64))
    assert outputs[False].std() < 0.03
    assert outputs[True].std() > 0.4


def test_memory_units_start_as_averages_of_each_pairs_rewards():
    """A pair's own units change at its steps and hardly at any other."""
    agent = build()
    previous, reward = torch.tensor([2, 2, 7]), torch.tensor([0.5, -1.0, 2.0])
    carry, tried, short, long = agent.initial_carry(1), 0.0, 0.0, 0.0
    for t in range(3):
        step = TimeStep(
            obs=torch.tensor([4]),
            prev_action=torch.tensor([3]),
            prev_reward=reward[t : t + 1],
            prev_done=torch.tensor([False]),
            is_first=torch.tensor([False]),
        )
        carry[:, -1] = previous[t]
        _, carry, _ = agent.act(carry, step, torch.Generator().manual_seed(0))
        if previous[t] == 2:
            tried += (torch.tensor(1.0).tanh() - tried) / COUNT_SPAN
            squashed = (REWARD_WEIGHT * reward[t]).tanh()
            short += (squashed - short) / REWARD_SPANS[0]
            long += (squashed - long) / REWARD_SPANS[1]
    pair = 2 * 5 + 3
    for number, expected in enumerate((tried, short, long)):  # and after another pair's step
        torch.testing.assert_close(carry[0, 50 * number + pair], expected, rtol=1e-3, atol=0)
    others = [k for k in range(50) if k not in (pair, 7 * 5 + 3)]
    assert (carry[0, others] == 0).all()


def test_pair_units_last_through_a_long_trial():
    agent = build()
    step = TimeStep(
        obs=torch.tensor([4]),
        prev_action=torch.tensor([3]),
        prev_reward=torch.tensor([1.0]),
        prev_done=torch.tensor([False]),
        is_first=torch.tensor([False]),
    )
    carry = torch.cat((torch.ones(1, 150), torch.zeros(1, 11)), -1)
    steps = 300  # another pair's; at this rate 0.95 is left after 1000
    for _ in range(steps):
        carry[:, -1] = 7
        _, carry, _ = agent.act(carry, step, torch.Generator().manual_seed(0))
    pair = 2 * 5 + 3
    assert (carry[0, pair:150:50] > 0.95 ** (steps / 1000)).all()


def test_each_pair_gets_as_many_units_as_fit():
    agent = build(replace(ALL, memory=replace(MEMORY, hidden_size=149)))
    bias = agent.memory.cell.bias_ih.chunk(3)[1]
    assert (bias[:100] == SHUT_BIAS).all()
    assert (bias[100:] == 4).all()


def test_too_small_a_memory_is_an_error():
    with pytest.raises(ValueError, match=r"has 99 outputs; .* at least 100, two"):
        build(replace(ALL, memory=replace(MEMORY, hidden_size=99)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dense_size": 4}, r"agent\.pair_inputs needs agent\.dense_size=0"),
        ({"fusion_sizes": [4]}, r"no agent\.fusion_sizes"),
        ({"weight_norm": True}, r"agent\.pair_inputs needs agent\.weight_norm=false"),
        (
            {"memory": replace(MEMORY, candidate_activation="relu")},
            r"agent\.memory\.candidate_activation=tanh",
        ),
    ],
)
def test_incompatible_settings_are_errors(wrong, message):
    with pytest.raises(ValueError, match=message):
        build(replace(ALL, **wrong))


@pytest.mark.parametrize("name", ["pair_inputs", "per_state_heads"])
def test_images_are_an_error(name):
    with pytest.raises(ValueError, match=r"agent\.pair_inputs and agent\.per_state_heads"):
        RL2Agent(MAZES, RL2Settings(dense_size=0, feedback_size=0, **{name: True}))
