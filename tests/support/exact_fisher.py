"""The Fisher matrix of a policy, exact."""

import torch

from rl2_mazes.agents.learners.flat_parameters import flatten, split_weights


def exact_fisher(agent, rollout):
    """[weights, weights] float64, one exact backward pass for every probability."""
    weights = list(split_weights(agent)[0].values())
    log_probs = agent(rollout.timesteps, rollout.carry).log_probs
    jacobian = torch.stack(
        [
            flatten(torch.autograd.grad(each, weights, retain_graph=True))
            for each in log_probs.flatten()
        ]
    ).double()
    weighted = jacobian * log_probs.detach().double().exp().flatten()[:, None]
    return jacobian.T @ weighted / log_probs[..., 0].numel()
