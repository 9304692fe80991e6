import pytest
import torch

from rl2_mazes.bandits.algorithms import ALGORITHMS
from rl2_mazes.bandits.algorithms.base import ArmAgent
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.tabular.algorithms import Algorithm
from rl2_mazes.eval.tabular.play import play
from rl2_mazes.eval.tabular.tuning import Player


def player(num_tasks=200, seed=0):
    finished = []
    made = Player(
        {},
        num_tasks,
        seed,
        torch.device("cpu"),
        lambda title, total: finished.append((title, total)),
    )
    return made, finished


UCB1 = ALGORITHMS.get("ucb1")
ROWS = [BanditSuite(3, 20), BanditSuite(3, 5), BanditSuite(2, 5)]


def test_rows_of_one_family_share_a_run_and_say_the_same_as_alone():
    made, finished = player()
    scores = made.best([UCB1], ROWS, "paper")
    assert [score.row for score in scores] == ["k3_n20", "k3_n5", "k2_n5"]
    assert len(finished) == 2 * len(UCB1.grid)
    alone = {s.row: s for row in ROWS for s in player()[0].best([UCB1], [row], "paper")}
    for score in scores:
        assert (score.mean, score.value) == (alone[score.row].mean, alone[score.row].value)


def test_the_papers_tuning_takes_the_best_of_the_grid():
    made, _ = player()
    suite = BanditSuite(3, 20)
    (score,) = made.best([UCB1], [suite], "paper")
    means = []
    for value in UCB1.grid:
        (job,) = [j for j in made._jobs([UCB1], [suite], split=0) if j.value == value]
        trial = suite.make_trial(200, tasks=job.tasks)
        means.append(play(UCB1.build(suite, c=value), trial, 1, seed=0).reward.sum(0).mean().item())
    assert score.mean == pytest.approx(max(means))
    assert score.value == UCB1.grid[means.index(max(means))]


def test_honest_tuning_chooses_on_other_tasks():
    # With two tasks the best value on the reported ones is luck; held-out tuning must miss it.
    paper, held_out = (
        [player(num_tasks=2, seed=seed)[0].best([UCB1], ROWS[:1], tuning)[0] for seed in range(4)]
        for tuning in ("paper", "held_out")
    )
    gains = [p.mean - h.mean for p, h in zip(paper, held_out, strict=True)]
    assert min(gains) >= 0
    assert max(gains) > 0


class Wrong(ArmAgent):
    """Pulls arms that are none."""

    def choose(self, counts, rng):
        return torch.full((len(counts.pulls),), -1)


class Floating(ArmAgent):
    def choose(self, counts, rng):
        return torch.zeros(len(counts.pulls))


class Undefined(ArmAgent):
    pass


def make_raising(suite, device):
    raise ZeroDivisionError("division by zero")


def make_nothing(suite, device):
    return None


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (Wrong, "algorithm mine, step 1: act returned action -1 in environment 0; they must be"),
        (Floating, "algorithm mine, step 1: act returned actions of torch.float32; they must be"),
        (Undefined, "act raised NotImplementedError: Undefined defines neither index nor choose"),
        (make_raising, r"algorithm mine raised ZeroDivisionError: division by zero \(.*line \d+\)"),
        (make_nothing, "algorithm mine is None, which has no method initial_carry; an agent has"),
    ],
)
def test_an_algorithm_that_does_wrong_is_named(build, message):
    with pytest.raises(UserError, match=message):
        player()[0].best([Algorithm("mine", "Mine", build)], ROWS[:1], "paper")


def test_curves_add_up():
    made, _ = player()
    (score,) = made.best([ALGORITHMS.get("greedy")], [BanditSuite(3, 60)], "paper")
    curve = score.curve
    assert curve.episode[-1] == 60
    assert len(curve.episode) == 25
    sizes = torch.tensor([0.0, *curve.episode]).diff()
    assert (sizes * torch.tensor(curve.reward)).sum().item() == pytest.approx(score.mean, rel=1e-5)
    (job, *_) = made._jobs([UCB1], [BanditSuite(3, 60)], split=0)
    best = job.rows[0].ceiling(job.tasks)
    assert curve.regret[-1] == pytest.approx(60 * best.mean().item() - score.mean, rel=1e-4)
