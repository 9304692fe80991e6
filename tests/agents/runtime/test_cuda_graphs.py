"""Captured gradient steps and functions equal those that run operation by operation."""

from dataclasses import replace

import pytest
import torch
from support.host_waits import PRIVILEGED, TABULAR, NoWaiting, WouldWaitError, build
from support.levers import Levers, stir

from rl2_mazes.agents.learners.minibatch import Minibatch
from rl2_mazes.agents.learners.ppo import _STATISTICS, PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUMemory, GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Settings
from rl2_mazes.agents.rollouts.rollout import Rollout, collect, to_device
from rl2_mazes.agents.runtime import cuda_graphs
from rl2_mazes.agents.runtime.cuda_graphs import CapturedFunction

CONV = [[8, 8, 4]]
DUAN2016 = RL2Settings(
    conv=CONV,
    dense_size=8,
    memory=GRUSettings(hidden_size=8, candidate_activation="relu"),
    skip_connection=False,
    weight_norm=True,
)
AUX = RL2Settings(
    conv=CONV,
    memory=GRUSettings(hidden_size=8),
    dense_size=8,
    privileged_critic=True,
    aux="privileged",
)
CASES = {
    "bandits": ("bandits", TABULAR),
    "mdps": ("mdps", None),
    "grid": ("grid", replace(PRIVILEGED, conv=CONV)),
    "walk": ("walk", AUX),
    "duan2016": ("walk", DUAN2016),
}


def test_a_captured_function_has_its_own_inputs_and_results(monkeypatch):
    monkeypatch.setattr(cuda_graphs, "capture", lambda work: work)
    calls = []

    def double(inputs):
        calls.append([x.data_ptr() for x in inputs])
        return sum(inputs) * 2

    captured = CapturedFunction(double)
    results = [captured([torch.tensor([n]), torch.tensor([10.0])]) for n in (1.0, 2.0, 3.0)]
    assert torch.cat(results).tolist() == [22, 24, 26]
    assert calls[1] == calls[2] != calls[0]  # the first call only builds kernels


def trained(kind, device, settings, captured):
    """Weights and statistics of four updates with annealing, resumed after two."""
    torch.manual_seed(0)
    trial, agent = build(kind, device, settings)
    rng = torch.Generator(agent.device).manual_seed(0)
    timestep, carry = to_device(trial.reset(0), agent.device), agent.initial_carry(8)
    rollouts = []
    for _ in range(4):
        rollout, carry, timestep = collect(agent, trial, carry, timestep, 10, rng)
        # As on a GPU, where there is no frame cache: all minibatches have one shape.
        rollouts.append(rollout._replace(frame_id=rollout.frame_id[..., :0]))
    state, statistics = None, []
    for part in (rollouts[:2], rollouts[2:]):
        learner = PPO(
            agent, PPOSettings(epochs=1, num_minibatches=2, anneal_lr=True, anneal_ent=True), 0
        )
        if state is not None:
            learner.load_state_dict(state)
        learner._take_step = CapturedFunction(learner._step) if captured else learner._step
        for rollout in part:
            statistics.append(learner.update(rollout))
            learner.progress += 0.3
        state = learner.state_dict()
    return [x.detach().cpu() for x in agent.parameters()], statistics


def check(kind, device, settings, tolerance):
    ours, metrics = trained(kind, device, settings, captured=True)
    theirs, expected = trained(kind, device, settings, captured=False)
    for one, other in zip(metrics, expected, strict=True):
        assert one == pytest.approx(other, rel=tolerance, abs=tolerance)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


def test_a_resumed_learner_captures_again(monkeypatch):
    """Its moments are in other memory than those that the graph works on."""
    captures = []

    def capture(work):
        captures.append(work)
        return work

    monkeypatch.setattr(cuda_graphs, "capture", capture)
    monkeypatch.setattr(PPO, "_can_capture", lambda self: True)
    levers = Levers(num_envs=8)
    learner = PPO(levers.agent, PPOSettings(epochs=1), 0)  # one plain step, three captured ones
    for _ in range(2):
        learner.update(levers())
    assert len(captures) == 1
    learner.load_state_dict(learner.state_dict())
    for _ in range(2):
        learner.update(levers())
    assert len(captures) == 2


def test_a_step_that_would_wait_is_not_captured(monkeypatch):
    """Without Triton kernels the host reads the lengths of trials."""
    levers = Levers(num_envs=8)
    learner = PPO(levers.agent, PPOSettings(), 0)
    rollout = levers()
    targets, _ = learner.targets[0](rollout)
    minibatch = Minibatch.take(rollout, targets, torch.arange(8), torch.tensor(0.0))
    with pytest.raises(WouldWaitError), NoWaiting():
        learner._step(minibatch)
    assert not learner._can_capture()
    monkeypatch.setattr(GRUMemory, "is_capturable", lambda self, device: True)
    assert learner._can_capture()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_graphs_follow_the_entropy_coefficient_and_the_step_size():
    levers = Levers(num_envs=8)
    stir(levers.agent)
    rollout = levers()
    levers.agent.cuda()
    rollout = on_gpu(rollout)
    learner = PPO(levers.agent, PPOSettings(vf_coef=0.0), 0)
    targets, step = learner.targets[0](rollout)[0], CapturedFunction(learner._step)
    envs = torch.arange(8, device="cuda")
    grad_norm, moved = [], []
    for ent_coef, lr in ((0.0, 0.0), (0.0, 0.0), (10.0, 0.0), (10.0, 1e-2)):
        before = [x.clone() for x in levers.agent.parameters()]
        learner._set_lr(lr)
        taken = Minibatch.take(rollout, targets, envs, torch.tensor(ent_coef, device="cuda"))
        grad_norm.append(float(step(taken)[_STATISTICS.index("grad_norm")]))
        after = zip(levers.agent.parameters(), before, strict=True)
        moved.append(any(not torch.equal(new, old) for new, old in after))
    assert grad_norm[1] == pytest.approx(grad_norm[0], rel=1e-2)
    assert grad_norm[2] > 2 * grad_norm[1]
    assert moved == [False, False, False, True]


def on_gpu(rollout):
    fields = rollout._asdict()
    timesteps = to_device(fields.pop("timesteps"), torch.device("cuda"))
    return Rollout(timesteps=timesteps, **{name: x.cuda() for name, x in fields.items()})


@pytest.mark.parametrize(("kind", "settings"), CASES.values(), ids=CASES)
def test_captured_gradient_steps(kind, settings, monkeypatch):
    """On a CPU, running the work stands in for launching its graph."""
    monkeypatch.setattr(cuda_graphs, "capture", lambda work: work)
    check(kind, "cpu", settings, 1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("kind", "settings"), CASES.values(), ids=CASES)
def test_captured_gradient_steps_on_a_gpu(kind, settings):
    check(kind, "cuda", settings, 2e-3)
