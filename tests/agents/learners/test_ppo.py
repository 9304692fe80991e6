"""PPO: its losses, its clipping, its annealing and its optimiser."""

import copy

import pytest
import torch
from support.levers import Levers, log_probs_of, slow_clipped_loss, stir

from rl2_mazes.agents.learners.adam import Adam
from rl2_mazes.agents.learners.minibatch import Minibatch
from rl2_mazes.agents.learners.ppo import _STATISTICS, PPO, PPOSettings


def start(**settings):
    levers = Levers(num_envs=8)
    stir(levers.agent)
    return levers, PPO(levers.agent, PPOSettings(**settings), seed=0)


def step(learner, rollout, targets):
    return learner._step(Minibatch.take(rollout, targets, torch.arange(8), torch.tensor(0.0)))


@pytest.mark.parametrize("clip", [0.05, 0.2])
def test_losses_equal_their_definitions(clip):
    levers, learner = start(clip_coef=clip)
    rollout = levers()
    targets, _ = learner.targets[0](rollout)
    before = log_probs_of(levers.agent, rollout)
    stir(levers.agent, seed=1)
    after = log_probs_of(levers.agent, rollout)
    with torch.no_grad():
        log_probs, value, _ = levers.agent(rollout.timesteps, rollout.carry)
    found = step(learner, rollout, targets).tolist()
    found = dict(zip(_STATISTICS, found, strict=True))
    loss = slow_clipped_loss(
        before, after, rollout.action.tolist(), targets.advantage.tolist(), clip
    )
    assert found["policy_loss"] == pytest.approx(loss, rel=1e-3)
    value_loss = (value - targets.value).square().mean()
    assert found["value_loss"] == pytest.approx(float(value_loss), rel=1e-4)
    entropy = torch.distributions.Categorical(logits=log_probs).entropy().mean()
    assert found["entropy"] == pytest.approx(float(entropy), rel=1e-4)


def test_clipping_stops_gradients_beyond_the_clip():
    # All advantages are above 0 and all ratios beyond the clip: the gradient is 0.
    levers, learner = start(clip_coef=0.1, vf_coef=0.0)
    rollout = levers()
    targets, _ = learner.targets[0](rollout)
    targets = targets._replace(advantage=torch.ones_like(targets.advantage))
    far = rollout._replace(log_prob=rollout.log_prob - 0.2)  # ratio 1.22
    grad_norm = _STATISTICS.index("grad_norm")
    assert step(learner, far, targets)[grad_norm] == 0
    levers, learner = start(clip_coef=0.3, vf_coef=0.0)
    assert step(learner, far, targets)[grad_norm] > 0


def test_epochs_stop_at_target_kl():
    for target_kl, steps in ((None, 8), (1e-9, 2), (100.0, 8)):
        levers, learner = start(epochs=4, num_minibatches=2, target_kl=target_kl)
        assert learner.update(levers())["gradient_steps"] == steps


@pytest.mark.parametrize("fused", [True, False, None])
def test_adam_resumes_fused(fused):
    levers, learner = start()
    learner.update(levers())
    state = learner.state_dict()
    for group in state["optimizer"]["param_groups"]:
        group["fused"] = fused  # as other versions saved it
    levers, learner = start()
    learner.load_state_dict(state)
    assert {group["fused"] for group in learner.optimizer.param_groups} == {True}
    learner.update(levers())


def test_adam_is_torchs_to_the_bit():
    rng = torch.Generator().manual_seed(0)
    start, gradients = torch.randn(5, 3, generator=rng), torch.randn(4, 5, 3, generator=rng)
    weights = [start.clone().requires_grad_() for _ in range(2)]
    kinds = (Adam, torch.optim.Adam)
    ours, theirs = (k([w], lr=0.1, eps=1e-5) for k, w in zip(kinds, weights, strict=True))
    for gradient in gradients:
        for weight in weights:
            weight.grad = gradient.clone()
        ours.step()
        theirs.step()
        assert torch.equal(*weights)
        ours.load_state_dict(copy.deepcopy(theirs.state_dict()))
    ours.zero_grad()
    assert weights[0].grad is None


def test_moments_have_the_layout_of_their_weights():
    levers, learner = start()
    learner.update(levers())
    state = learner.state_dict()
    weight = next(p for p in levers.agent.parameters() if p.dim() == 2)
    index = list(levers.agent.parameters()).index(weight)
    moments = state["optimizer"]["state"][index]
    right = moments["exp_avg"].clone()
    moments["exp_avg"] = right.T.contiguous().T
    learner.load_state_dict(state)
    loaded = learner.optimizer.state[weight]["exp_avg"]
    assert loaded.stride() == weight.stride()
    assert torch.equal(loaded, right)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_checkpoint_of_a_cpu_resumes_on_a_gpu():
    levers, learner = start()
    learner.update(levers())
    state, weights = learner.state_dict(), [x.clone() for x in levers.agent.parameters()]
    levers.agent.cuda()
    there = PPO(levers.agent, PPOSettings(), seed=0)
    there.load_state_dict(state)
    for weight in levers.agent.parameters():
        weight.grad = torch.ones_like(weight)
    there.optimizer.step()
    changed = zip(levers.agent.parameters(), weights, strict=True)
    assert all((x.cpu() != before).any() for x, before in changed)


def test_annealing_lowers_the_step_size_to_zero():
    levers, learner = start(anneal_lr=True, lr=0.01)
    learner.progress = 0.75
    assert learner.update(levers())["lr"] == pytest.approx(0.0025)


def test_annealing_lowers_the_entropy_bonus_to_zero():
    entropies = []
    for progress, left in ((0.0, 5.0), (0.75, 1.25), (1.0, 0.0)):
        levers, learner = start(anneal_ent=True, ent_coef=5.0, lr=0.01, epochs=20)
        learner.progress = progress
        metrics = learner.update(levers())
        assert metrics["ent_coef"] == left
        entropies.append(metrics["entropy"])
    assert entropies[0] > entropies[1] > entropies[2]
