"""What is recorded and replayed does what it does when it is not."""

import pytest
import torch
from support.host_waits import TABULAR, TOLD, NoWaiting, WouldWaitError, build
from support.levers import Levers, stir

from rl2_mazes.agents.learners.minibatch import take_minibatch
from rl2_mazes.agents.learners.ppo import _STATISTICS, PPO, PPOSettings
from rl2_mazes.agents.memory.gru import TrialGRU
from rl2_mazes.agents.networks.rl2_agent import RL2Settings
from rl2_mazes.agents.rollouts.rollout import Rollout, collect, to_device
from rl2_mazes.agents.runtime import cuda_graphs
from rl2_mazes.agents.runtime.cuda_graphs import Recorded

PAPER = RL2Settings(
    dense_size=8,
    hidden_size=8,
    candidate_activation="relu",
    skip_connection=False,
    weight_norm=True,
)
AUXILIARY = RL2Settings(hidden_size=8, dense_size=8, privileged_critic=True, aux_prediction=True)
KINDS = [("bandits", TABULAR), ("mdps", None), ("grid", TOLD), ("walk", AUXILIARY), ("walk", PAPER)]
IDS = ["bandits", "mdps", "grid", "walk", "paper"]


def test_a_recorded_function_has_inputs_and_results_of_its_own(monkeypatch):
    monkeypatch.setattr(cuda_graphs, "record", lambda work: work)
    calls = []

    def double(inputs):
        calls.append([x.data_ptr() for x in inputs])
        return sum(inputs) * 2

    recorded = Recorded(double)
    results = [recorded([torch.tensor([n]), torch.tensor([10.0])]) for n in (1.0, 2.0, 3.0)]
    assert torch.cat(results).tolist() == [22, 24, 26]
    assert calls[1] == calls[2] != calls[0]  # the first call builds kernels alone


def trained(kind, device, settings, recorded):
    """Weights and statistics of four updates, the step size falling, with a resumption between."""
    torch.manual_seed(0)
    trial, agent = build(kind, device, settings)
    rng = torch.Generator(agent.device).manual_seed(0)
    timestep, carry = to_device(trial.reset(0), agent.device), agent.initial_carry(8)
    rollouts = []
    for _ in range(4):
        rollout, carry, timestep = collect(agent, trial, carry, timestep, 10, rng)
        rollouts.append(rollout)
    state, seen = None, []
    for part in (rollouts[:2], rollouts[2:]):
        learner = PPO(agent, PPOSettings(num_minibatches=2, anneal_lr=True, anneal_ent=True), 0)
        if state is not None:
            learner.load_state_dict(state)
        learner._take_step = Recorded(learner._step) if recorded else learner._step
        for rollout in part:
            seen.append(learner.update(rollout))
            learner.progress += 0.3
        state = learner.state_dict()
    return [x.detach().cpu() for x in agent.parameters()], seen


def check(kind, device, settings, tolerance):
    ours, metrics = trained(kind, device, settings, recorded=True)
    theirs, expected = trained(kind, device, settings, recorded=False)
    for one, other in zip(metrics, expected, strict=True):
        assert one == pytest.approx(other, rel=tolerance, abs=tolerance)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


def test_what_was_recorded_is_recorded_again_after_a_resumption(monkeypatch):
    """On moments that lie elsewhere: which of them a recording works on is in it."""
    recordings = []

    def record(work):
        recordings.append(work)
        return work

    monkeypatch.setattr(cuda_graphs, "record", record)
    monkeypatch.setattr(PPO, "_can_record", lambda self: True)
    levers = Levers(num_envs=8)
    learner = PPO(levers.agent, PPOSettings(epochs=1), 0)  # a first step, and three recorded ones
    for _ in range(2):
        learner.update(levers())
    assert len(recordings) == 1
    learner.load_state_dict(learner.state_dict())
    for _ in range(2):
        learner.update(levers())
    assert len(recordings) == 2


def test_what_would_wait_is_not_recorded(monkeypatch):
    """Without kernels for its memory the host looks how long trials are."""
    levers = Levers(num_envs=8)
    learner = PPO(levers.agent, PPOSettings(), 0)
    minibatch = take_minibatch(
        rollout := levers(), learner.targets(rollout)[0], torch.arange(8), torch.tensor(0.0)
    )
    with pytest.raises(WouldWaitError), NoWaiting():
        learner._step(minibatch)
    assert not learner._can_record()
    monkeypatch.setattr(TrialGRU, "has_kernels", lambda self, device: True)
    assert learner._can_record()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_replays_follow_the_weight_of_entropy_and_the_step_size():
    levers = Levers(num_envs=8)
    stir(levers.agent)
    rollout = levers()
    levers.agent.cuda()
    rollout = on_gpu(rollout)
    learner = PPO(levers.agent, PPOSettings(vf_coef=0.0), 0)
    targets, step = learner.targets(rollout)[0], Recorded(learner._step)
    everyone = torch.arange(8, device="cuda")
    grad_norm, moved = [], []
    for ent_coef, lr in ((0.0, 0.0), (0.0, 0.0), (10.0, 0.0), (10.0, 1e-2)):
        before = [x.clone() for x in levers.agent.parameters()]
        learner._set_lr(lr)
        taken = take_minibatch(rollout, targets, everyone, torch.tensor(ent_coef, device="cuda"))
        grad_norm.append(float(step(taken)[_STATISTICS.index("grad_norm")]))
        after = zip(levers.agent.parameters(), before, strict=True)
        moved.append(any(not torch.equal(new, old) for new, old in after))
    assert grad_norm[1] == pytest.approx(grad_norm[0], rel=1e-2)
    assert grad_norm[2] > 2 * grad_norm[1]
    assert moved == [False, False, False, True]


def on_gpu(rollout):
    timesteps = to_device(rollout.timesteps, torch.device("cuda"))
    return Rollout._make((timesteps, *(field.cuda() for field in rollout[1:])))


@pytest.mark.parametrize(("kind", "settings"), KINDS, ids=IDS)
def test_recorded_gradient_steps(kind, settings, monkeypatch):
    """On a CPU: what would be recorded is run again and again."""
    monkeypatch.setattr(cuda_graphs, "record", lambda work: work)
    check(kind, "cpu", settings, 1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("kind", "settings"), KINDS, ids=IDS)
def test_recorded_gradient_steps_on_a_gpu(kind, settings):
    check(kind, "cuda", settings, 2e-3)
