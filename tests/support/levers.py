"""A small agent on the two levers, for tests of learners; references in plain Python."""

import math

import torch
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.rollouts.rollout import collect
from rl2_mazes.core.trial import Trial

SMALL = RL2Settings(dense_size=8, feedback_size=4, memory=GRUSettings(hidden_size=8))
DUAN2016 = RL2Settings(  # conf/agent/duan2016.yaml, smaller
    memory=GRUSettings(hidden_size=8, candidate_activation="relu", update_gate_bias=0.0),
    dense_size=0, feedback_size=0, separate_value=True, skip_connection=False, weight_norm=True,
)  # fmt: skip


class Levers:
    """An agent and its trials; every call collects the next rollout."""

    def __init__(self, num_envs=6, seed=0, settings=SMALL):
        torch.manual_seed(seed)
        self.trial = Trial(LeverEnv(num_envs), LeverSampler(), episodes_per_trial=2)
        self.agent = RL2Agent(self.trial.env.spaces, settings)
        self.rng = torch.Generator().manual_seed(seed)
        self.timestep = self.trial.reset(seed)
        self.carry = self.agent.initial_carry(num_envs)

    def __call__(self, num_steps=5):
        rollout, self.carry, self.timestep = collect(
            self.agent, self.trial, self.carry, self.timestep, num_steps, self.rng
        )
        return rollout


def stir(agent, size=0.3, seed=0):
    """Perturb every weight: an untrained policy hardly depends on its inputs."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in agent.parameters():
            weight += size * torch.randn(weight.shape, generator=rng)


def log_probs_of(agent, rollout):
    """Log-probabilities of the present policy, as nested lists [T][B][A]."""
    with torch.no_grad():
        return agent(rollout.timesteps, rollout.carry).log_probs.double().tolist()


def slow_comparison(old, new, action, advantage):
    """Surrogate gain and mean KL(old || new), term by term, from nested lists."""
    gains, divergences = [], []
    for t, row in enumerate(action):
        for b, a in enumerate(row):
            ratio = math.exp(new[t][b][a] - old[t][b][a])
            gains.append((ratio - 1) * advantage[t][b])
            divergences.append(
                sum(math.exp(p) * (p - q) for p, q in zip(old[t][b], new[t][b], strict=True))
            )
    return sum(gains) / len(gains), sum(divergences) / len(divergences)


def slow_clipped_loss(old, new, action, advantage, clip):
    """PPO's clipped surrogate loss, term by term, from nested lists."""
    terms = []
    for t, row in enumerate(action):
        for b, a in enumerate(row):
            ratio = math.exp(new[t][b][a] - old[t][b][a])
            clipped = min(max(ratio, 1 - clip), 1 + clip)
            terms.append(min(ratio * advantage[t][b], clipped * advantage[t][b]))
    return -sum(terms) / len(terms)
