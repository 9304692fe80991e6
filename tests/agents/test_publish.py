"""Publishing an agent: a card of known facts; results of other agents are refused."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
import yaml
from support.presets import composed

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.publish import PublishConfig, _as_preset, _preset, extend, publish, thin
from rl2_mazes.agents.training.checkpoint import AgentCard, load_agent, save
from rl2_mazes.agents.zoo import cards
from rl2_mazes.agents.zoo.precision import STATISTICS
from rl2_mazes.agents.zoo.records import read_measurements
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.provenance import add_origin, commit, hardware
from rl2_mazes.core.types import Spaces

SUITE = {"kind": "bandits", "num_arms": 2, "num_pulls": 3}
RESULTS = {
    "row": "k2_n3", "trials": 50, "seed": 0, "train_steps": 40, "suite": SUITE,
    "mean": 1.5, "se": 0.1, "mean_ci": [1.3, 1.7],
}  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """A training of 40 steps, with a network of every kind of weight, and its evaluation."""
    settings = RL2Settings(
        memory=GRUSettings(hidden_size=4), dense_size=0, feedback_size=0, weight_norm=True
    )
    settings.separate_value = True
    agent = RL2Agent(Spaces(num_actions=2, num_states=1), settings)
    torch.nn.init.normal_(agent.policy.weight)
    folder = tmp_path / "runs" / "toy" / "seed_3"
    spaces = {"num_actions": 2, "image_shape": None, "num_states": 1, "num_privileged": 0}
    card = AgentCard(SUITE, asdict(settings), spaces, steps=40, seconds=1.25)
    save(folder / "checkpoints", agent, card, {})
    config = {"name": "toy", "seed": 3, "run_dir": "somewhere", "total_steps": 40, "num_envs": 2}
    config |= {"suite": SUITE, "agent": asdict(settings), "learner": {"lr": 1e-3}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    lines = [{"steps": s, "trial_return": s / 10, "kl": 1.0} for s in (10, 20, 30, 40, 50)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "evaluation").mkdir()
    (folder / "evaluation" / "results.json").write_text(json.dumps(RESULTS))
    return folder


def test_another_agent_is_not_replaced_unless_asked(run, tmp_path):
    out = tmp_path / "out"
    publish(PublishConfig(agent_path=str(run)), out)
    publish(PublishConfig(agent_path=str(run)), out)  # the same again
    weights = next((run / "checkpoints").glob("*/weights.safetensors"))
    agent, card = load_agent(run)
    torch.nn.init.normal_(agent.value.weight)
    save(run / "checkpoints", agent, card, {})
    assert weights.is_file()
    with pytest.raises(ValueError, match=r"another agent toy/seed_3 .* replace=true"):
        publish(PublishConfig(agent_path=str(run)), out)
    publish(PublishConfig(agent_path=str(run), replace=True), out)
    cards.require_unaltered(out / "toy" / "seed_3.safetensors", out)


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/../../x", "a\nb", "a//b", ""])
def test_a_name_that_leads_elsewhere_is_refused_first(name):
    with pytest.raises(UserError, match=r"name is .* lead neither upwards nor to the root"):
        PublishConfig(agent_path="nowhere", name=name)


def test_origins_that_were_not_recorded_are_left_out(run, tmp_path):
    starts = [{"commit": None}, {"commit": "abc", "hardware": None}, {"hardware": "an abacus"}]
    text = "".join(json.dumps(start) + "\n" for start in starts)
    (run / "origins.jsonl").write_text(text)
    card = publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    assert (card.commit, card.hardware) == ("abc", "an abacus")


def test_half_precision(run, tmp_path):
    out = tmp_path / "out"
    config = PublishConfig(agent_path=str(run), precision="float16")
    card = publish(config, out)
    assert publish(config, out) == card  # the same again: equal weights, equal hash
    assert card.precision == "float16"
    theirs, ours = (
        load_agent(path)[0].state_dict() for path in (run, out / "toy/seed_3.safetensors")
    )
    for name, x in theirs.items():
        assert torch.equal(ours[name], x if name in STATISTICS else x.half().float()), name
    with pytest.raises(ValueError, match="precision is int8; it must be one of float32, float16"):
        publish(PublishConfig(agent_path=str(run), precision="int8"), out)
    agent, trained = load_agent(run)
    agent.policy.weight.data.fill_(1e6)
    save(run / "checkpoints", agent, trained, {})
    with pytest.raises(ValueError, match=r"policy.weight is too large for float16"):
        publish(PublishConfig(agent_path=str(run), precision="float16", replace=True), out)


def test_steps_are_counted_from_the_first_of_the_agent_that_a_run_began_from(run, tmp_path):
    agent, card = load_agent(run)
    save(run / "checkpoints", agent, card._replace(init_steps=60, init_seconds=2.0), {})
    file = run / "evaluation" / "results.json"
    file.write_text(json.dumps(RESULTS | {"train_steps": 100}))
    published = publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    assert (published.steps, published.seconds) == (100, 3.2)
    curve = json.loads((tmp_path / "out" / "toy" / "seed_3.curve.json").read_text())
    assert curve["steps"] == [70, 80, 90, 100]


def test_a_result_of_other_weights_is_refused(run, tmp_path):
    weights = next((run / "checkpoints").glob("*/weights.safetensors"))
    file = run / "evaluation" / "results.json"
    file.write_text(json.dumps(RESULTS | {"checkpoint": str(weights)}))
    publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"of another seed, after as many steps")
    file.write_text(json.dumps(RESULTS | {"checkpoint": str(other)}))
    with pytest.raises(ValueError, match=r"is of another agent, .*other"):
        publish(PublishConfig(agent_path=str(run)), tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, r"config.yaml lacks suite, agent, learner, num_envs, total_steps; it must be the"),
        ({"num_envs": 2, "total_steps": 40, "learner": {}}, r"config.yaml lacks suite, agent; "),
        ({"agent": None}, r"config.yaml: agent is None; it must be an object"),
        ({"suite": {"num_arms": 2}}, r"config.yaml: suite.kind is None; it must be text"),
    ],
)
def test_a_configuration_that_no_training_wrote_is_refused(run, tmp_path, content, message):
    file = run / "config.yaml"
    whole = yaml.safe_load(file.read_text()) if len(content) == 1 else {"name": "x", "seed": 0}
    file.write_text(yaml.safe_dump(whole | content))
    with pytest.raises(UserError, match=message):
        publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(run, tmp_path):
    file = tmp_path / "a file"
    file.write_text("of the user")
    for folder in (file, Path("/proc")):
        with pytest.raises(UserError, match=rf"^{folder}/toy.* cannot be written \("):
            publish(PublishConfig(agent_path=str(run)), folder)
    with pytest.raises(UserError, match=r"cannot be written \(File name too long\)"):
        publish(PublishConfig(agent_path=str(run), name="x" * 300), tmp_path / "out")
    assert file.read_text() == "of the user"


def test_a_preset_with_other_settings_is_not_the_preset():
    config = {"name": "demo", "seed": 5, "total_steps": 1_750_000, "learner": {"lr": 2e-3}}
    assert _as_preset(config)
    assert not _as_preset(config | {"total_steps": 9000})
    assert not _as_preset(config | {"learner": {"lr": 1e-5}})
    assert not _as_preset({"name": "nobody's"})
    begun = {
        "name": "walk_small_finetuned",
        "seed": 1,
        "init_from": "pretrained/walk_small_gpu/seed_1",
    }
    assert _as_preset(begun)
    assert not _as_preset(begun | {"seed": 2})


def test_settings_of_another_preset_are_published_under_its_name():
    config = {"name": "walk_small_no_labels", "seed": 0, "agent": {"aux": "paths"}}
    assert _preset(config, "walk_small_paths/seed_0") == "walk_small_paths"
    assert _preset(config, "walk_small_no_labels/seed_0") is None
    own = config | {"agent": {"aux": "dead_reckoning"}}
    assert _preset(own, "anything") == "walk_small_no_labels"


@pytest.mark.parametrize("name", cards.names())
def test_cards_that_name_a_preset_have_its_settings(name, monkeypatch):
    """A preset that is changed leaves agents behind; their cards then say `null`."""
    monkeypatch.setattr("rl2_mazes.agents.publish.compose", composed)  # of several seeds: once
    card = cards.read_card(name)
    assert card.preset is None or _as_preset(card.config | {"name": card.preset})


def test_weights_card_and_curve(run, tmp_path):
    cpu = torch.device("cpu")
    add_origin(run, 0, 1, cpu, "float32")
    card = publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    assert card == cards.read_card("toy/seed_3", tmp_path / "out")
    assert (card.preset, card.seed, card.steps, card.seconds) == (None, 3, 40, 1.2)
    assert (card.commit, card.hardware) == (commit(), hardware(cpu))
    assert "run_dir" not in card.config
    assert card.results[0] | {"suite": "bandits"} == {
        key: RESULTS[key] for key in RESULTS if key != "suite"
    } | {"suite": "bandits", "sampled": True}

    weights = tmp_path / "out" / "toy" / "seed_3.safetensors"
    cards.require_unaltered(weights, tmp_path / "out")
    theirs, ours = load_agent(run)[0].state_dict(), load_agent(weights)[0].state_dict()
    assert any("parametrizations" in name for name in ours)
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
    curve = json.loads((tmp_path / "out" / "toy" / "seed_3.curve.json").read_text())
    assert curve == {"steps": [10, 20, 30, 40], "trial_return": [1, 2, 3, 4]}


def test_what_was_not_recorded_is_not_made_up(run, tmp_path):
    card = publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    assert card.commit is None
    assert card.hardware is None
    stated = PublishConfig(agent_path=str(run), name="x", commit="abc", hardware="an abacus")
    card = publish(stated, tmp_path / "out")
    assert (card.name, card.commit, card.hardware) == ("x", "abc", "an abacus")


def test_results_of_another_agent_are_refused(run, tmp_path):
    file = run / "evaluation" / "results.json"
    file.write_text(json.dumps({**RESULTS, "train_steps": 30}))
    with pytest.raises(ValueError, match=r"is of an agent of 30 steps.*has 40; evaluate it again"):
        publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    file.unlink()
    with pytest.raises(ValueError, match="rl2-eval writes one"):
        publish(PublishConfig(agent_path=str(run)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_large_agent_is_refused(run, tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="an agent may have 1,000"):
        publish(PublishConfig(agent_path=str(run)), tmp_path / "out")


def test_a_curve_is_thinned_by_blocks():
    lines = [{"steps": s, "success_1": float(s)} for s in range(1, 11)]
    lines[0]["length_1"] = 5.0
    assert thin(lines, points=2) == {
        "steps": [5, 10],
        "length_1": [5.0, None],
        "success_1": [3.0, 8.0],
    }


def test_a_mixture_has_a_curve_for_each_row():
    lines = [{"steps": 5, "kl": 1.0, "bandits/k5_n10/trial_return": 6.0}]
    assert thin(lines, points=1) == {"steps": [5], "bandits/k5_n10/trial_return": [6.0]}


def test_other_files_are_no_results(tmp_path):
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(ValueError, match=r"no results\.json of rl2-eval"):
        read_measurements(tmp_path / "x.json")


def test_results_are_added_to_a_published_agent(run, tmp_path):
    out = tmp_path / "out"
    first = publish(PublishConfig(agent_path=str(run)), out)
    weights = cards.find_pretrained(Path("pretrained/toy"), out)
    assert weights is not None
    more = tmp_path / "more.json"
    more.write_text(json.dumps(RESULTS | {"seed": 7, "mean": 1.25}))
    settings = PublishConfig(agent_path="pretrained/toy", results=[str(more)])
    for _ in range(2):  # the same again adds nothing
        card = extend(settings, weights, out)
        assert [each["mean"] for each in card.results] == [1.5, 1.25]
    assert cards.read_card("toy/seed_3", out) == card
    assert replace(card, results=first.results) == first
    with pytest.raises(ValueError, match=r"pretrained/toy is published already; results="):
        extend(PublishConfig(agent_path="pretrained/toy"), weights, out)
    more.write_text(json.dumps(RESULTS | {"train_steps": 41}))
    with pytest.raises(ValueError, match="is of an agent of 41 steps"):
        extend(settings, weights, out)
