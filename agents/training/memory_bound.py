"""The memory that a training needs at the least, compared with what there is."""

import math
from pathlib import Path
from typing import Any

import torch

from ...core.errors import UserError
from ...core.suite import Suite
from ..networks.contract import build_agent

TENSORS = 4  # of the size of the weights: themselves, their gradient and two moments of Adam
OTHER_BYTES = 40  # of a step besides observation, features and logits
CARRIES = 2  # now, and at the beginning of the rollout


def require_memory(
    suite: Suite, agent: Any, num_envs: int, num_steps: int, device: torch.device
) -> None:
    """Raise unless the weights and one rollout fit into memory.

    Args:
        suite: The family of tasks.
        agent: Settings of the network.
        num_envs: Environments of this process.
        num_steps: Steps of each in a rollout.
        device: Device of the network and of the rollout.

    Raises:
        UserError: They do not fit.
    """
    spaces = suite.spaces
    try:
        with torch.device("meta"):
            network = build_agent(agent, spaces)
    except RuntimeError as error:
        if "Storage size calculation overflowed" not in str(error):
            raise
        raise UserError(
            "these settings need a tensor of more bytes than 64 bits can count; give smaller sizes "
            "in agent or suite"
        ) from error
    weights = TENSORS * sum(x.numel() * x.element_size() for x in network.state_dict().values())
    carry = network.initial_carry(1)
    carries = CARRIES * num_envs * carry.numel() * carry.element_size()
    obs = 8 if spaces.image_shape is None else math.prod(spaces.image_shape)
    step = obs + 4 * (spaces.num_critic_features + spaces.num_actions) + OTHER_BYTES
    rollout = num_envs * num_steps * step + carries
    free = _free_bytes(device)
    if free is not None and weights + rollout > free:
        raise UserError(
            f"these settings need at least {_gib(weights)} for the network and {_gib(rollout)} for "
            f"a rollout, but {device} has {_gib(free)} free; give smaller sizes in agent or suite, "
            "fewer num_envs, or fewer num_steps"
        )


def _free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + cached  # of earlier trainings, used again
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        return next(int(each.split()[1]) * 1024 for each in lines if each.startswith("MemAvail"))
    except (OSError, StopIteration, ValueError):  # not Linux
        return None


def _gib(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"
