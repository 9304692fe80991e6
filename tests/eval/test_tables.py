import json
from dataclasses import asdict, replace

import polars as pl
import pytest
from support.programs import run

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.config import RL2Settings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.agents.training.checkpoint import AgentCard
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.tabular.mixed_suite import MixedSuite
from rl2_mazes.core.types import Spaces
from rl2_mazes.eval import tables

PROGRAM = "rl2_mazes.eval.tables"


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("RL2_MAZES_CACHE", str(tmp_path_factory.getbasetemp() / "gittins"))


def test_a_small_table_from_end_to_end(tmp_path):
    arguments = ["suite=bandits", "rows=[k2_n10,k5_n10]", "algorithms=[random,ucb1,gittins_finite]"]
    done = run(tmp_path, PROGRAM, *arguments, "num_tasks=500", "output_dir=.")
    result = json.loads(done.stdout.splitlines()[-1])
    assert set(result) == {"cells", "within_3se", "outside", "seconds"}
    assert (result["cells"], result["within_3se"], result["outside"]) == (2, 2, [])

    frame = pl.read_parquet(tmp_path / "cells.parquet")
    assert frame.height == 6
    assert frame["algorithm"].to_list() == ["random", "ucb1", "gittins_finite"] * 2
    ucb1 = frame.filter(row="k5_n10", algorithm="ucb1").row(0, named=True)
    assert ucb1["published"] == 6.7
    assert ucb1["value"].startswith("c=0.")
    assert ucb1["z"] == pytest.approx((ucb1["mean"] - 6.7) / (2**0.5 * ucb1["se"]))
    assert ucb1["ceiling"] == pytest.approx(10 * 5 / 6, abs=0.3)  # the best of five uniform arms
    assert frame.filter(row="k2_n10")["published"].is_null().all()
    assert pl.read_csv(tmp_path / "cells.csv").height == 6
    page = (tmp_path / "table.md").read_text()
    assert "6.02" in page  # the Bayes-optimal value of two arms and ten pulls
    assert frame["by_regret"].to_list() == pytest.approx([5, *[5.9] * 2, 5, *[6.7] * 2], abs=0.2)
    assert (frame["by_regret_se"] < frame["se"]).all()
    assert set(frame["track"]) == {"algorithms"}
    assert "\n| k5_n10 | " in page.partition("## Return by regret")[2]
    assert "8.33 |" in page  # the expected ceiling of five arms
    assert "tuning: paper" in page
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    whole = json.loads((tmp_path / "table.json").read_text())
    assert str(tmp_path) not in json.dumps(whole)
    assert [cell["mean"] for cell in whole["cells"]] == frame["mean"].to_list()
    assert whole["settings"]["tuning"] == "paper"
    assert whole["bayes_optimal"] == {"k2_n10": pytest.approx(6.02, abs=0.01)}
    assert len(list(tmp_path.iterdir())) == 5


def test_the_mdps_and_their_prior(tmp_path):
    arguments = ["suite=mdps", "rows=[n10]", "algorithms=[psrl]", "num_tasks=400"]
    means = {}
    for prior in ("published", "true"):
        run(tmp_path, PROGRAM, *arguments, f"prior={prior}", "output_dir=.")
        assert json.loads((tmp_path / "table.json").read_text())["settings"]["prior"] == prior
        means[prior] = pl.read_csv(tmp_path / "cells.csv")["mean"].item()
    assert means["published"] == pytest.approx(138.2, abs=5)
    assert means["published"] > means["true"] + 1


def test_a_trained_agent_stands_beside_the_papers(tmp_path, monkeypatch):
    agent = RL2Settings(memory=GRUSettings(hidden_size=4)).build(
        Spaces(num_actions=5, num_states=1)
    )
    card = AgentCard.of(agent, asdict(BanditSuite()))._replace(steps=1000)
    monkeypatch.setattr(tables, "load_trained", lambda path: (agent, card))
    arguments = ["suite=bandits", "algorithms=[random]", "num_tasks=300", "output_dir=."]
    done = run(tmp_path, PROGRAM, *arguments, "rows=[k5_n10,k10_n10]", "agents=[runs/mine]")
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["cells"] == 2  # the human-designed ones alone
    frame = pl.read_csv(tmp_path / "cells.csv").filter(algorithm="runs/mine")
    assert frame["row"].to_list() == ["k5_n10"]
    assert frame["published"].item() == 6.7
    assert frame["mean"].item() == pytest.approx(5, abs=0.7)

    failed = run(tmp_path, PROGRAM, *arguments, "rows=[k10_n10]", "agents=[runs/mine]", expect=2)
    assert "none of the rows" in failed.stderr


def test_agents_of_different_tracks_are_kept_apart(tmp_path, monkeypatch):
    """Two seeds of one row each, a plain agent, one agent for many rows and one of another row."""
    five, ten = BanditSuite(5, 10), BanditSuite(10, 10)
    exchangeable = ExchangeableSettings(
        memory=GRUSettings(hidden_size=4), embedding_size=4, optimal_advantage=False
    )
    on_five, on_ten = ({"suite": asdict(each)} for each in (five, ten))
    mixture = {"suite": asdict(MixedSuite(["bandits/k5_n10", "bandits/k10_n10"]))}

    def loaded(path):
        small = RL2Settings(memory=GRUSettings(hidden_size=4))
        others = {"plain": small, "authors": replace(small, weight_norm=True)}
        settings = others.get(path, exchangeable)
        suites = {"mixed": mixture, "other": on_ten, "warm": {**on_five, "init_steps": 3}}
        agent = settings.build(five.spaces)
        card = AgentCard.of(agent, {})._replace(steps=7, **suites.get(path, on_five))
        return agent, card

    monkeypatch.setattr(tables, "load_trained", loaded)
    agents = "agents=[plain,authors,seed_0,seed_1,mixed,other,warm]"
    few = ["num_tasks=20", "output_dir=.", "rows=[k5_n10,k5_n3]", "algorithms=[none]"]
    run(tmp_path, PROGRAM, "suite=bandits", agents, *few)
    cells = {
        (cell["algorithm"], cell["row"]): cell
        for cell in json.loads((tmp_path / "table.json").read_text())["cells"]
    }
    # An agent of a row plays it alone; that of a row that is not asked for plays all that it fits.
    both = [(name, row) for name in ("mixed", "other") for row in ("k5_n10", "k5_n3")]
    own = [(name, "k5_n10") for name in ("authors", "plain", "seed_0", "seed_1", "warm")]
    assert sorted(cells) == sorted(own + both)
    tracks = {name: cell["track"] for (name, _), cell in cells.items()}
    assert tracks["plain"] == "plain"
    assert tracks["authors"] == "duan2016"
    assert tracks["mixed"] == "one_agent"
    assert tracks["seed_0"] == tracks["seed_1"] == tracks["other"] == "exchangeable"
    assert cells["mixed", "k5_n3"]["trained_on"] == "k5_n10 k10_n10"
    seed = cells["seed_0", "k5_n10"]
    assert (seed["privileged_critic"], seed["optimal_advantage"]) == (True, False)
    assert (seed["steps"], seed["warm_start"]) == (7, False)
    assert cells["warm", "k5_n10"]["warm_start"]
    header = (tmp_path / "table.md").read_text().splitlines()[2]
    assert header.split(" | ")[1:6] == [
        "RL², plain",
        "RL², the authors' network",
        "RL², exchangeable, privileged critic",
        "RL², one agent for many rows, privileged critic",
        "RL², exchangeable, privileged critic, trained on k10_n10",
    ]
    line = (tmp_path / "table.md").read_text().splitlines()[4]
    assert line.split(" | ")[3].endswith(", 3 seeds)")


def test_a_folder_means_its_seeds(tmp_path, monkeypatch):
    asked = []

    def loaded(path):
        asked.append(path)
        agent = RL2Settings(memory=GRUSettings(hidden_size=4)).build(BanditSuite().spaces)
        return agent, AgentCard.of(agent, asdict(BanditSuite()))

    monkeypatch.setattr(tables, "load_trained", loaded)
    for name in ("seed_10", "seed_9"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    few = ["suite=bandits", "rows=[k5_n10]", "algorithms=[none]", "num_tasks=2", "output_dir=."]
    run(tmp_path, PROGRAM, *few, "agents=[runs/*,pretrained/bandit_k5_n10/*]")
    assert asked == ["runs/seed_9", "runs/seed_10", "pretrained/bandit_k5_n10/seed_0"]
    twice = "agents=[runs/*,runs/seed_9]"
    assert (
        "agents names runs/seed_9 more than once"
        in run(tmp_path, PROGRAM, *few, twice, expect=2).stderr
    )
    other = "agents=[pretrained/mdp_n10_exchangeable/seed_0]"
    monkeypatch.undo()
    assert (
        "was trained on the suite 'mdps'; it cannot act in 'bandits'"
        in run(tmp_path, PROGRAM, *few, other, expect=2).stderr
    )
    monkeypatch.setattr(tables, "load_trained", loaded)
    assert "no seed" in run(tmp_path, PROGRAM, *few, "agents=[nowhere/*]", expect=2).stderr
    asked.clear()  # a family without weights is named, so that loading says how to train it
    run(tmp_path, PROGRAM, *few, "agents=[pretrained/bandit_k5_n10_duan2016/*]")
    assert asked == ["pretrained/bandit_k5_n10_duan2016/seed_0"]
    assert "what to play" in run(tmp_path, PROGRAM, *few, expect=2).stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["suit=bandits"], "there is no key suit; did you mean suite?"),
        (["suite=bandits", "tunign=best"], "there is no key tunign; did you mean tuning?"),
        (["suite"], "settings are given as key=value"),
        ([], "suite is missing; give suite=... (bandits or mdps)"),
        (["suite=mazes"], "suite is 'mazes'"),
        (["suite=bandits", "tuning=best"], "tuning is 'best'"),
        (["suite=bandits", "prior=true"], "prior is 'true'"),
        (["suite=mdps", "prior=false"], "prior is 'false'"),
        (["suite=bandits", "num_tasks=1"], "num_tasks is 1"),
        (["suite=bandits", "num_tasks=many"], "num_tasks is many; it must be a whole number"),
        (["suite=bandits", "rows=k5_n10"], "it must be a list of names: rows=[k5_n10]"),
        (["suite=bandits", "rows=[k5_n10,k5_n10]"], "rows names k5_n10 more than once"),
        (["suite=bandits", "rows=[k5_n10,k05_n10]"], "rows names k5_n10 more than once"),
        (["suite=mdps", "rows=[n10,s10_a5_t10_n10]"], "rows names n10 more than once"),
        (["suite=bandits", "seed=10000000000"], "seed is 10000000000; it must be at most"),
        (["suite=bandits", "rows=[n10]"], "'n10' names no bandits"),
        (["suite=bandits", "rows=[k1_n10]"], "num_arms is 1"),
        (
            ["suite=bandits", "algorithms=[psrl]"],
            "algorithm of bandits 'psrl' does not exist; choose from",
        ),
        (["suite=bandits", "device=abacus"], "device is abacus"),
        (["suite=bandits", "output_dir=/dev/null/here"], "output_dir"),
        (
            ["suite=bandits", "rows=[k5_n5000]", "algorithms=[gittins_finite]", "num_tasks=2"],
            "num_pulls is 5000",
        ),
    ],
)
def test_a_wrong_command_is_answered_in_one_line(arguments, hint, tmp_path):
    answer = run(tmp_path, PROGRAM, *arguments, expect=2).stderr.strip().splitlines()[-1]
    assert answer.startswith("error: ")
    assert hint in answer


def test_the_settings_name_the_suite(tmp_path):
    few = ("rows=[k2_n10]", "algorithms=[random]", "num_tasks=2", "output_dir=.")
    run(tmp_path, PROGRAM, "suite=bandits", *few)
    assert json.loads((tmp_path / "table.json").read_text())["settings"]["suite"] == "bandits"
    assert "\n  suite  " in run(tmp_path, PROGRAM, "--help").stdout
