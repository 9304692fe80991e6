"""Settings of the small training and evaluation that faults hit."""

from pathlib import Path

NUM_ENVS, NUM_STEPS = 4, 25
STEPS = NUM_ENVS * NUM_STEPS  # of an update
ENGINE = ["engine=doom", "engine.num_workers=2", "engine.hang_timeout=1"]
SMALL = [
    *("suite.tasks.num_mazes=20", "suite.rules.horizon=10", "tensorboard=false"),
    *("agent.dense_size=16", "agent.memory.hidden_size=16", "checkpoint_seconds=0"),
    *(f"num_envs={NUM_ENVS}", f"num_steps={NUM_STEPS}", "total_steps=1_000_000_000"),
]


def training(run: Path, suite: str) -> list[str]:
    """Arguments of a training without end that saves each update."""
    return [f"suite={suite}", f"run_dir={run}", *SMALL, *ENGINE]


def evaluation(weights: Path, output: Path, trials: int) -> list[str]:
    """Arguments of an evaluation whose actions do not depend on chance."""
    how = ["greedy=true", "video=false", f"num_envs={NUM_ENVS}", f"num_trials={trials}"]
    return [f"agent={weights}", f"output_dir={output}", *how, *ENGINE]
