"""Behaviour cloning: train the network on recorded trials, and measure it like any agent.

    rl2 record agent=explorer suite=mazes/grid_small output_dir=data/explorer
    python examples/behaviour_cloning.py data/explorer --passes 20
    rl2-eval agent=runs/behaviour_cloning engine=twin

The network sees a trial from its first to its last step, as it will when it acts, and learns to
predict the teacher's actions. Its memory is all that can tell it what to do in the second episode.
The explorer is a teacher that can be followed: it finds out where the target is. The oracle knows
that from the start, which no pupil can (`agent=oracle`).
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

import rl2_mazes as rl2
from rl2_mazes.agents.networks.actor_critic import ActorCritic
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.training.checkpoint import AgentCard, save
from rl2_mazes.core.suite import suite_of

IGNORED = -1  # label of the padding behind shorter trials


def batch_of(trials: list[rl2.RecordedTrial]) -> tuple[rl2.TimeStep, Tensor]:
    """Inputs and labels of B trials, each padded to T steps.

    Returns:
        Time steps with fields [T, B, ...], and actions [T, B] int64.
    """
    longest = max(len(trial.action) for trial in trials)

    def padded(arrays: list[np.ndarray], fill: float = 0) -> Tensor:
        shape = (longest, len(arrays), *arrays[0].shape[1:])
        stacked = np.full(shape, fill, arrays[0].dtype)
        for index, array in enumerate(arrays):
            stacked[: len(array), index] = array
        return torch.from_numpy(stacked)

    def before(array: np.ndarray) -> np.ndarray:
        """The values one step earlier; zero at the first."""
        return np.concatenate((np.zeros_like(array[:1]), array[:-1]))

    actions = [trial.action.astype(np.int64) for trial in trials]
    first = torch.zeros(longest, len(trials), dtype=torch.bool)
    first[0] = True
    timesteps = rl2.TimeStep(
        obs=padded([trial.observation for trial in trials]),
        prev_action=padded([before(action) for action in actions]),
        prev_reward=padded([before(trial.reward) for trial in trials]),
        prev_done=padded([before(trial.terminated | trial.truncated) for trial in trials]),
        is_first=first,
    )
    return timesteps, padded(actions, IGNORED)


def train(
    agent: ActorCritic, dataset: rl2.Dataset, passes: int, batch_size: int, lr: float, seed: int
) -> int:
    """Minimise the cross-entropy of the recorded actions; return the number of steps learned from.

    Args:
        agent: The network, changed in place.
        dataset: Trials of the teacher.
        passes: Times that each trial is used.
        batch_size: Trials of a gradient step.
        lr: Learning rate of Adam, which falls to zero along a cosine.
        seed: Seed of the trials' order.
    """
    trials, rng = list(dataset), np.random.default_rng(seed)
    optimiser = torch.optim.Adam(agent.parameters(), lr)
    updates = passes * -(-len(trials) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
    steps = 0
    for number in range(passes):
        losses = []
        order = rng.permutation(len(trials))
        for chosen in np.array_split(order, -(-len(trials) // batch_size)):
            timesteps, actions = batch_of([trials[index] for index in chosen])
            log_probs = agent(timesteps, agent.initial_carry(len(chosen))).log_probs
            loss = cross_entropy(log_probs.flatten(0, 1), actions.flatten(), ignore_index=IGNORED)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(agent.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            steps += int((actions != IGNORED).sum())
        print(f"pass {number + 1}: cross-entropy {np.mean(losses):.3f}")
    return steps


def main(arguments: list[str] | None = None) -> Path:
    """Train on a data set and save the agent; return its folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="folder of rl2 record")
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=32, help="trials of a gradient step")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run-dir", default="runs/behaviour_cloning")
    given = parser.parse_args(arguments)
    dataset = rl2.load_dataset(given.dataset)
    suite = suite_of(dataset.card.suite)
    torch.manual_seed(given.seed)
    agent = RL2Settings().build(suite.spaces)
    steps = train(agent, dataset, given.passes, given.batch_size, given.learning_rate, given.seed)
    folder = Path(given.run_dir)
    card = AgentCard.of(agent, asdict(suite))._replace(steps=steps)
    save(folder / "checkpoints", agent, card, {})
    print(f"measure it: rl2-eval agent={folder} engine=twin")
    return folder


if __name__ == "__main__":
    main()
