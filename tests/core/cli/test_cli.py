"""Every mistake a user can mend ends in one line that names it, and exit code 2."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from support.presets import composed

from rl2_mazes.agents import train
from rl2_mazes.agents.networks.rl2_agent import RL2Agent
from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.training.checkpoint import warm_start
from rl2_mazes.core import cli
from rl2_mazes.core.cli.sweep import with_job_folders
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import LEARNERS
from rl2_mazes.eval import evaluate
from rl2_mazes.mazes.twin.twin import TwinSettings

PRESETS = sorted((cli.CONF / "suite").rglob("*.yaml"))
EXPERIMENTS = sorted((cli.CONF / "experiment").glob("*.yaml"))


def fail(monkeypatch, capsys, main, *arguments):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("learner.lrr=1", "there is no key learner.lrr; did you mean learner.lr?"),
        ("suite.task.rooms=4", "did you mean suite.tasks.rooms?"),
        ("rooms=4", "did you mean suite.tasks.rooms?"),
        ("suite=mazes/grid_smal", "did you mean mazes/grid_small?"),
        ("experiment=dmo", "did you mean demo?"),
        ("engine=unreal", "choose from"),
        ("learner.lr=fast", "learner.lr is fast; it must be a number"),
        ("learner.lr=-1", "learner.lr is -1.0; it must be above 0"),
        ("suite.tasks.rooms=1", "suite.tasks.rooms is 1; it must be at least 2"),
        ("suite.tasks.num_starts=9", "suite.tasks.num_starts is 9 and num_targets is 1; each"),
        ("suite.tasks.generator=eller", "generator 'eller' does not exist; choose"),
        ("suite.rules.horizon=0", "suite.rules.horizon is 0; it must be at least 1"),
        ("suite.rules.movement=fly", "suite.rules.movement is 'fly'"),
        ("agent.aux='a\nb\x1b[31m'", r"agent.aux is a\nb\x1b[31m; it must be one of none"),
        ("agent.conv=[1]", "agent.conv is [1]; it must be a list of lists"),
        ("agent.conv=[[1],1]", "agent.conv is [[1],1]; it must be a list of lists"),
        ("agent.memory.hidden_size=0", "agent.memory.hidden_size is 0"),
        ("agent.memory.hiden_size=8", "did you mean agent.memory.hidden_size?"),
        ("agent.memory=gru", "agent.memory is gru; it is a group of presets: agent/memory=gru"),
        ("agent/memory=grru", "agent/memory=grru does not exist; did you mean gru?"),
        ("agent/memory=null", "agent/memory is null; choose from"),
        ("num_envs=30", "num_envs is 30; it must be a multiple of learner.num_minibatches, 4"),
        ("num_steps=0", "num_steps is 0"),
        ("num_steps=100", "num_steps is 100, but an episode may take 250 steps"),
        ("total_steps=0", "total_steps is 0"),
        ("device=cuda:9", "device is cuda:9"),
        ("device=gpu", "device is gpu"),
        ("run_dir=/proc/nowhere/run", "/proc/nowhere"),
        ("experiment", "settings are given as key=value"),
    ],
)
def test_train_names_what_is_wrong(monkeypatch, capsys, tmp_path, argument, message):
    monkeypatch.chdir(tmp_path)
    assert message in fail(monkeypatch, capsys, train.main, argument)
    assert not list(tmp_path.iterdir()), "nothing is left behind"


def test_a_sweep_has_no_run_dir(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments = ("-m", "seed=0,1", "run_dir=here")
    assert "give hydra.sweep.dir=..." in fail(monkeypatch, capsys, train.main, *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "agent is missing; give agent=... (Agent to evaluate: a run's folder"),
        (["agent=nowhere"], "checkpoint nowhere does not exist"),
        (["agent=."], "holds no checkpoint"),
        (["agent=junk.safetensors"], "damaged or not a weights file"),
        (["agent=junk.safetensors", "num_trails=3"], "did you mean num_trials?"),
        (["agent=.", "suite.tasks.rooms=5"], "before a suite is chosen; add suite="),
        (["agent=.", "suite=mazes/walk_small", "suite.tasks.split=train"], "give split=..."),
        (["agent=.", "suite=mazes/walk_small", "suite.tasks.num_mazes=9"], "give num_trials="),
        (["-m", "agent=.", "suite=mazes/walk_small", "suite.tasks.split=test"], "split=..."),
        (
            ["-m", "agent=.", "seed=0,1", "output_dir=here"],
            "which the jobs of a sweep would overwrite",
        ),
    ],
)
def test_eval_names_what_is_wrong(monkeypatch, capsys, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("junk.safetensors").write_bytes(b"junk" * 100)
    assert message in fail(monkeypatch, capsys, evaluate.main, *arguments)


def compose(*overrides):
    """Settings of a training; Hydra takes its time, and several tests ask for the same."""
    return OmegaConf.to_object(composed(*overrides))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_suite_preset_is_accepted(preset):
    name = preset.relative_to(cli.CONF / "suite").with_suffix("")
    mixed = ("agent=exchangeable", "learner=ppo_exchangeable") if name.parts[0] == "mixed" else ()
    settings = compose(f"suite={name}", *mixed)
    train.check(settings, World())
    assert settings.suite.kind == name.parts[0]


@pytest.mark.parametrize("preset", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_experiment_is_accepted(preset):
    settings = compose(f"experiment={preset.stem}")
    train.check(settings, World())
    assert settings.name == preset.stem


@pytest.mark.parametrize("learner", ["trpo", "duan2016"])
@pytest.mark.parametrize("preset", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_experiment_takes_other_learners_and_networks(preset, learner):
    own = compose(f"experiment={preset.stem}")
    if own.suite.kind == "mixed":
        pytest.skip("mixtures are for exchangeable agents and PPO")
    others = ("agent=duan2016", "init_from=null")
    settings = compose(f"experiment={preset.stem}", f"learner={learner}", *others)
    train.check(settings, World())
    assert settings.agent.memory.hidden_size == 256
    assert type(settings.learner) is LEARNERS.all()[learner]
    settings = replace(own, learner=settings.learner)
    if own.agent.aux != "none":
        with pytest.raises(UserError, match="add agent=rl2") as error:
            train.check(settings, World())
        remedy = str(error.value).partition("add ")[2].split()
        settings = compose(f"experiment={preset.stem}", f"learner={learner}", *remedy)
    train.check(settings, World())


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("agent=rl2", "add agent=exchangeable"),
        ("learner=trpo", "add learner=ppo_exchangeable"),
        ("num_steps=100", "num_steps=null"),
    ],
)
def test_mixtures_of_rows_name_what_they_need(override, message):
    settings = compose("experiment=bandits_one_agent", override)
    with pytest.raises(UserError, match=message):
        train.check(settings, World())


def test_warm_starts_of_presets_exist_and_fit():
    begun = 0
    for preset in EXPERIMENTS:
        settings = compose(f"experiment={preset.stem}")
        if settings.init_from is not None:
            if settings.suite.kind == "mazes":
                settings.suite.tasks.num_mazes = 1
            twin = TwinSettings(device="cpu", kernel="reference")
            env, _ = settings.suite.build(1, torch.device("cpu"), twin, 0)
            warm_start(RL2Agent(env.spaces, settings.agent), settings.init_from)
            env.close()
            begun += 1
    assert begun >= 5


def test_a_twin_runs_where_its_agent_does(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)  # which auto alone would take
    suite = compose("suite=mazes/grid_small", "suite.tasks.num_mazes=1").suite
    env, _ = suite.build(1, torch.device("cpu"), TwinSettings(kernel="reference"), 0)
    assert env.device == torch.device("cpu")


def test_small_and_large_are_the_papers():
    small, large = (compose(f"suite=mazes/walk_{s}").suite for s in ("small", "large"))
    assert (small.tasks.rooms, small.rules.horizon) == (3, 250)
    assert (large.tasks.rooms, large.rules.horizon) == (5, 1000)
    assert small.episodes_per_trial == large.episodes_per_trial == 2


def test_a_sweep_names_folders_after_what_varies():
    folders = with_job_folders(["-m", "name=x", "seed=0,1", "learner.lr=1e-3,1e-4"])[-1]
    assert (
        folders == "hydra.sweep.subdir='${name}/learner.lr_${name_of:${learner.lr}}__seed_${seed}'"
    )
    folders = with_job_folders(["-m", "suite=mazes/grid_small,mazes/walk_small"])[-1]
    expected = "${name}/suite_${hydra:runtime.choices.suite}__seed_${seed}"
    assert folders == f"hydra.sweep.subdir='{expected}'"
    folders = with_job_folders(["-m", "agent/memory=gru,mean"])[-1]
    assert "/memory_${hydra:runtime.choices.agent/memory}__" in folders
    # An experiment says its name itself; a name of one's own is the same for all of them.
    folders = with_job_folders(["-m", "experiment=demo,mdp_n10"])[-1]
    assert folders == "hydra.sweep.subdir='${name}/seed_${seed}'"
    folders = with_job_folders(["-m", "experiment=demo,mdp_n10", "name=x"])[-1]
    assert "/experiment_${hydra:runtime.choices.experiment}__" in folders


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        ("agent=rl2_aux", "track is no_labels, but agent.aux=privileged and .* make it labels"),
        ("agent.aux=none agent.privileged_critic=true", "agent.privileged_critic=true make it"),
        ("track=best", "track is best; it must be one of labels, no_labels, or null"),
        ("track=labels", "make it no_labels; leave them out, or give track=null"),
        ("suite.rules.wall_penalty=0", "dead reckoning reads it from the reward"),
    ],
)
def test_a_training_without_labels_stays_without(overrides, error):
    settings = compose("experiment=demo", *overrides.split())
    with pytest.raises(UserError, match=error):
        train.check(settings, World())


def test_dead_reckoning_is_for_agents_that_move():
    settings = compose("suite=bandits/k5_n10", "agent.aux=hindsight")
    with pytest.raises(
        UserError, match="is for suites in which an agent moves, and not for bandits"
    ):
        train.check(settings, World())


def test_privileged_labels_beside_dead_reckoning_are_refused():
    with pytest.raises(UserError, match=r"it needs agent\.privileged_critic=false"):
        compose("experiment=walk_small_no_labels", "agent.privileged_critic=true")
