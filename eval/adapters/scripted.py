"""Making a scripted agent for a trial; one of a plug-in is checked at every step."""

from ...core.registries.registry import is_own
from ...core.trial import Trial
from ...core.types import Agent
from ...mazes.baselines import ScriptedAgent
from .calls import call
from .checked import CheckedAgent


def scripted_agent(name: str, entry: ScriptedAgent, trial: Trial) -> Agent:
    """A scripted agent for a trial.

    Args:
        name: Its name, for messages.
        entry: It in `mazes.baselines.SCRIPTED_AGENTS`.
        trial: The trial, see `ScriptedAgent`.

    Raises:
        UserError: One of a plug-in raised, or made no agent.
    """
    if is_own(entry.build):
        return entry.build(trial)
    agent = call(f"scripted agent {name}", entry.build, trial)
    return CheckedAgent(agent, trial.env.spaces, name, "scripted agent")
