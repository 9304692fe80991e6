import pytest
import torch
from support.toys import LeverEnv, LeverSampler

from rl2_mazes.agents.learners.ppo import PPO, PPOSettings
from rl2_mazes.agents.memory.gru import GRUMemory, GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.runtime.distributed import World
from rl2_mazes.agents.train import check
from rl2_mazes.agents.training.trainer import Trainer
from rl2_mazes.benchmarks import training
from rl2_mazes.benchmarks.harness.operations import operations_of
from rl2_mazes.benchmarks.harness.trainings import RECIPES, settings_of
from rl2_mazes.benchmarks.training import ITERATIONS, compare_with_rl2, measure, phases, report
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.trial import Trial

CPU = torch.device("cpu")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("name", RECIPES)
def test_recipes_pass_the_checks_of_rl2_train(name, device):
    settings = settings_of(name, torch.device(device))
    num_envs, num_steps = check(settings, World())
    assert settings.device == settings.engine.device == device
    assert num_envs * num_steps >= 6400


def test_long_rows_stand_beside_the_plain_agents():
    assert ITERATIONS.keys() == RECIPES.keys()
    runs = {
        "bandit_long": {"steps_per_s": 300},
        "bandit_long_rl2": {"steps_per_s": 200},
        "mdp_long": {"steps_per_s": 1},
    }
    assert compare_with_rl2(runs) == {"bandit_long_vs_rl2": 1.5}
    for name in ("bandit_long", "mdp_long"):
        ours, plain = (settings_of(each, CPU) for each in (name, f"{name}_rl2"))
        assert ours.suite == plain.suite
        assert (ours.init_from, plain.init_from) == (None, None)


@pytest.mark.parametrize(
    ("num_envs", "message"),
    [(7, "num_envs is 7; it must be a multiple"), (2**30, "fewer num_envs")],
)
def test_numbers_of_environments_are_checked_before_anything_is_measured(
    num_envs, message, monkeypatch
):
    def measured(*_):
        raise AssertionError

    monkeypatch.setattr(training, "alone", measured)
    monkeypatch.setattr("sys.argv", ["bench", "device=cpu", f"num_envs=[8,{num_envs}]"])
    with pytest.raises(UserError, match=message):
        training.main()


def test_a_run_is_measured_and_reported(capsys):
    run = measure("demo", CPU, 1, "num_envs=8", "num_steps=50", "learner.num_minibatches=1")
    report("demo", run)
    said = capsys.readouterr().out
    assert f"{run['steps_per_s']:,} steps/s" in said
    assert f"{run['distinct_frames']:.0%} of frames distinct" in said
    assert run["seconds"].keys() == {"environment", "act", "learn", "other"}


def test_the_walk_recipe_has_the_papers_network_and_the_default_ppo():
    settings = settings_of("walk", CPU)
    assert settings.agent.conv == [[16, 5, 2], [16, 5, 2]]
    assert settings.agent.memory.hidden_size == 256
    assert settings.learner == PPOSettings()
    assert settings.suite.rules.movement == "walk"


@pytest.mark.parametrize("hidden", [4, 64])
def test_operations_of_the_recurrence(hidden):
    time, batch, features = 6, 3, 5
    gru = GRUMemory(features, hidden)
    x = torch.randn(time, batch, features, requires_grad=True)
    first, carry = torch.zeros(time, batch, dtype=torch.bool), torch.zeros(batch, hidden)
    forward = 2 * time * batch * 3 * hidden * (features + hidden)
    assert operations_of(lambda: gru.unroll(x, first, carry)) == forward
    # The backward pass has two products for each: of its weights and of its inputs.
    assert operations_of(lambda: gru.unroll(x, first, carry).sum().backward()) == 3 * forward


def test_phases_make_up_an_iteration_and_leave_no_trace():
    trial = Trial(LeverEnv(8), LeverSampler(), episodes_per_trial=2)
    agent = RL2Agent(trial.env.spaces, RL2Settings(dense_size=8, memory=GRUSettings(hidden_size=8)))
    trainer = Trainer(agent, PPO(agent, PPOSettings(), 0), trial, 16, 0)
    spent = phases(trainer, CPU)
    assert set(spent) == {"environment", "act", "learn", "other"}
    assert all(seconds > 0 for seconds in spent.values())
    assert trainer.steps == 8 * 16
    for owner, name in ((trial, "step"), (agent, "act"), (trainer.learner, "update")):
        assert name not in vars(owner)
