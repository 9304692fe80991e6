"""RL² Mazes: recurrent meta-reinforcement learning in 3D mazes, bandits and small MDPs.

    import rl2_mazes as rl2

    agent = rl2.load_agent("pretrained/demo")
    trials = rl2.run_trials(agent, "mazes/grid_small", num_trials=10)
    print(rl2.compute_metrics(trials)["length_ratio"])
    rl2.film_trial(trials, 0, "trial.mp4")

The names below are imported when they are first used, so that `import rl2_mazes` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .core.imports.late_import import when_imported

if TYPE_CHECKING:
    from .core.types import Agent, Outcome, Spaces, TimeStep
    from .eval.adapters.function import FunctionAgent
    from .eval.adapters.player import Player
    from .eval.adapters.stable_baselines3 import SB3Agent
    from .eval.api import (
        Trials,
        compute_metrics,
        film_trial,
        list_agents,
        list_suites,
        load_agent,
        load_dataset,
        make_suite,
        make_trial,
        record_trials,
        run_trials,
    )
    from .eval.datasets.loading import Dataset, RecordedTrial

__all__ = [
    "Agent",
    "Dataset",
    "FunctionAgent",
    "Outcome",
    "Player",
    "RecordedTrial",
    "SB3Agent",
    "Spaces",
    "TimeStep",
    "Trials",
    "compute_metrics",
    "film_trial",
    "list_agents",
    "list_suites",
    "load_agent",
    "load_dataset",
    "make_suite",
    "make_trial",
    "record_trials",
    "run_trials",
]

_MODULES = {  # of the names that are not of the API's own module
    **dict.fromkeys(("Agent", "Outcome", "Spaces", "TimeStep"), ".core.types"),
    **dict.fromkeys(("Dataset", "RecordedTrial"), ".eval.datasets.loading"),
    "Player": ".eval.adapters.player",
    "FunctionAgent": ".eval.adapters.function",
    "SB3Agent": ".eval.adapters.stable_baselines3",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _MODULES.get(name, ".eval.api")
    return getattr(import_module(module, __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# gymnasium.make("rl2_mazes:rl2/WalkSmall-v0"): importing `mazes.gym` registers the environments.
when_imported("gymnasium", lambda: import_module(".mazes.gym", __name__))
