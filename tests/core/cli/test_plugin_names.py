"""Plug-ins on the command line and in presets of one's own: chosen, swept, listed, refused."""

import sys

import pytest

from rl2_mazes.agents import train
from rl2_mazes.core import cli
from rl2_mazes.core.cli.composition import settings_of
from rl2_mazes.core.registries import plugins

MODULE = '''
from dataclasses import dataclass
from rl2_mazes.agents.learners.ppo import PPOSettings
from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.core.registries.groups import LEARNERS
from rl2_mazes.core.validation import fixed

@LEARNERS.register("quick")
@dataclass
class Quick(PPOSettings):
    """PPO.

    Attributes:
        speed: Its speed.
    """
    speed: int = 3

@dataclass
class Quicker(Quick):
    pass

@dataclass
class Choosy(Quick):
    def __post_init__(self):
        if self.speed > 8:
            raise ValueError("speed must be at most 8\\nindeed")
        if self.speed < 0:
            raise TypeError("it runs backwards")

@dataclass
class Kept(GRUSettings):
    kind: str = fixed("mine:Kept")
    size: int = 8
    def __post_init__(self):
        if self.size != 8:
            raise ValueError("size must be 8")

@dataclass
class Unknown(Quick):
    parts: "set" = None

def rows(size, rng): ...
'''
PRESETS = {
    "learner/fast.yaml": "defaults: [schema/quick@_here_, _self_]\nspeed: 5\n",
    "learner/faster.yaml": "defaults: ['schema/mine:Quicker@_here_', _self_]\nspeed: 7\n",
    "learner/slow.yaml": "defaults: [schema/ppo@_here_, _self_]\nspede: 5\n",
    "learner/bare.yaml": "lr: 1\n",
    "agent/memory/bare.yaml": "size: 1\n",
    "learner/alone.yaml": "defaults: [schema/distant@_here_, _self_]\n",
    "learner/typo.yaml": "defaults: [schema/pppo@_here_, _self_]\n",
    "learner/none.yaml": "defaults: ['schema/mine:Quickest@_here_', _self_]\n",
    "experiment/own.yaml": "# @package _global_\ndefaults:\n- override /learner: 'mine:Quicker'\n"
    "- override /suite: mazes/grid_small\nsuite: {tasks: {generator: 'mine:rows'}}\n",
}


@pytest.fixture
def project(outside):
    (outside / "mine.py").write_text(MODULE)
    for name, text in PRESETS.items():
        file = outside / "conf" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return outside


@pytest.fixture
def run(project, monkeypatch, capsys):
    """Settings of the jobs of a training, the exit code, and what was printed."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")

    def run(*arguments):
        jobs = []
        monkeypatch.setattr(sys, "argv", ["rl2-train", *arguments])
        try:
            code = cli.run("train", train.TrainConfig, jobs.append)
        except SystemExit as stopped:
            code = stopped.code
        out, err = capsys.readouterr()
        return jobs, code, out + err

    return run


def test_a_dataclass_is_a_choice_by_its_dotted_name(run):
    (settings,), _, _ = run("learner=mine:Quicker", "learner.speed=4")
    assert (type(settings.learner).__name__, settings.learner.speed) == ("Quicker", 4)
    _, code, text = run("learner=mine:Quicker", "learner.sped=4")
    assert (code, text) == (2, "error: there is no key learner.sped; did you mean learner.speed?\n")


def test_an_object_brings_the_names_that_its_module_registers(run):
    (settings,), _, _ = run("learner=quick", "plugins=[mine:Quick]")
    assert type(settings.learner).__name__ == "Quick"
    assert "mine" in plugins.named(), "processes of a sweep import it too"
    _, code, text = run("plugins=[mine:Quik]")
    assert (code, text.count("\n")) == (2, 1)
    assert "mine:Quik: module mine has no 'Quik'; did you mean Quick?" in text


def test_an_object_in_the_environment_brings_them_too(run, monkeypatch):
    monkeypatch.setenv(plugins.VARIABLE, "no_such:Thing,mine:Quicker")
    (settings,), _, _ = run("learner=quick")
    assert type(settings.learner).__name__ == "Quick"


def test_presets_of_ones_own(run):
    own = ("--config-dir", "conf")
    assert run(*own, "learner=fast", "plugins=[mine]")[0][0].learner.speed == 5
    assert run(*own, "learner=faster")[0][0].learner.speed == 7
    (settings,), _, _ = run(*own, "experiment=own")
    assert type(settings.learner).__name__ == "Quicker"
    assert settings.suite.tasks.generator == "mine:rows"


def test_a_sweep(run):
    jobs, _, _ = run("--config-dir", "conf", "-m", "learner=faster,mine:Quicker,ppo", "seed=0,1")
    assert [type(each.learner).__name__ for each in jobs] == ["Quicker"] * 4 + ["PPOSettings"] * 2


def test_choices_are_listed(run):
    own = ("--config-dir", "conf", "plugins=mine")
    _, _, text = run(*own, "--help")
    listed = text.partition("learner=\n")[2].partition("\n\n")[0]
    assert {"fast", "faster", "quick", "ppo"} <= set(listed.replace(",", " ").split())
    assert "\n  bandit_k10_n10" in text
    assert ", own," in text.replace("\n", " ")
    _, code, text = run(*own, "learner=fasst")
    assert code == 2
    assert "learner=fasst does not exist; did you mean fast?" in text
    assert "quick" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["learner=mine:Quik"], "mine:Quik: module mine has no 'Quik'; did you mean Quick?"),
        (["learner=mine:rows"], "it is not a dataclass of settings with a method build"),
        (["learner=mine:Unknown"], "learner 'mine:Unknown' cannot be a group of settings: "),
        (["--config-dir", "conf", "learner=none"], "has no 'Quickest'; did you mean Quicker?"),
        (
            ["--config-dir", "conf", "learner=slow"],
            "preset learner/slow sets learner.spede: Key 'spede' not in 'PPOSettings'",
        ),
        (  # of a plug-in that is not loaded
            ["--config-dir", "conf", "learner=alone"],
            "preset learner/alone needs the learner 'distant', which no loaded plug-in registers; "
            "pip install its package, or add plugins=[its_module]",
        ),
        (["--config-dir", "conf", "learner=typo"], "plug-in registers; did you mean ppo? pip"),
        (["learner=schema/pppo"], "learner=schema/pppo does not exist; choose from "),
        (["learner=mine:Choosy", "learner.speed=9"], "error: learner: speed must be at most 8\n"),
        (["learner=mine:Choosy", "learner.speed=-1"], "of `Choosy`: it runs backwards\n"),
        (
            ["agent/memory=mine:Kept", "agent.memory.size=9"],
            "error: agent.memory: size must be 8\n",
        ),
        (["learner=mine"], "for an object of the module mine, say learner=mine:Name; or choose"),
        (
            ["--config-dir", "conf", "learner=bare"],
            "learner is {'lr': 1}; its preset lacks the keys of an entry: defaults: [schema/N",
        ),
        (
            ["--config-dir", "conf", "agent/memory=bare"],
            "agent.memory is {'size': 1}; its preset lacks the keys of an entry: defaults: ",
        ),
        (["--config-dir"], "--config-dir has no value; say --config-dir FOLDER\n"),
        (["--config-dir="], "--config-dir has no value; say --config-dir FOLDER\n"),
        (["--config-dir", "-m"], "--config-dir has no value; say --config-dir FOLDER\n"),
        (["--package"], "--package has no value; say --package PACKAGE\n"),
        (["suite.tasks.generator=mine:row"], "module mine has no 'row'; did you mean rows?"),
        (["plugins=[mine,thine]"], "there is no package 'thine'"),
        (["plugins={mine: 3}"], "is no list of modules; say plugins=[my_package.my_module]"),
        (["plugins=[mine:rows:x]"], "is not the name of a module"),
    ],
)
def test_the_mistake_is_named_in_one_line(run, arguments, message):
    jobs, code, text = run(*arguments)
    assert (jobs, code) == ([], 2)
    assert text.startswith("error: ")
    assert message in text
    assert text.count("\n") == 1


@pytest.mark.parametrize("name", ["agent/memory/gru", "experiment/demo", "suite/mazes/walk_small"])
def test_a_preset_with_the_name_of_one_of_ours_is_refused(run, project, name):
    file = project / "conf" / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{}\n")
    jobs, code, text = run("--config-dir=conf", "learner=ppo")
    assert (jobs, code) == ([], 2)
    assert text.startswith(f"error: conf/{name}.yaml has the name of our preset {cli.CONF}/{name}")
    assert text.endswith("; rename it\n")
    assert text.count("\n") == 1


def test_an_entry_with_the_name_of_one_of_our_presets_is_refused(run, project):
    (project / "mine.py").write_text(MODULE.replace('"quick"', '"ppo_mdps"'))
    _, code, text = run("plugins=[mine]", "experiment=mdp_n10")
    assert code == 2
    assert text == (
        "error: mine:Quick registers the learner 'ppo_mdps', which is the name of our preset "
        f"{cli.CONF}/learner/ppo_mdps.yaml; give it another name\n"
    )


def test_a_program_of_the_users_own_may_have_the_name_of_ours(run, project):
    (project / "conf" / "train.yaml").write_text("seed: 7\n")
    (settings,), _, _ = run("--config-dir=conf", "learner=ppo")
    assert settings.seed == 0


def test_another_process_of_a_sweep_finds_the_class(project, monkeypatch):
    plugins.name(["mine:Quicker"])  # as the process that launched it did
    sys.path.append(str(project))
    from mine import Quicker

    config = cli.compose("train", train.TrainConfig)
    config.run_dir = "a"
    config.learner = Quicker()
    assert isinstance(settings_of(config).learner, Quicker)
