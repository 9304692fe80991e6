"""Models of the Hugging Face hub, without the hub: a stand-in keeps what is uploaded."""

import shutil
import sys
from types import SimpleNamespace

import pytest
import yaml

from rl2_mazes.agents import card
from rl2_mazes.agents.card import CardConfig
from rl2_mazes.agents.training.checkpoint import load_agent
from rl2_mazes.agents.zoo.cards import read_card
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval.trials.setup import load_subject

REPOSITORY = "somebody/rl2-demo"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The calls of huggingface_hub that are used, on a folder."""
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "hub"

    def upload_folder(repo_id, folder_path):
        shutil.copytree(folder_path, store / repo_id, dirs_exist_ok=True)
        return f"https://huggingface.co/{repo_id}/commit/1"

    def hf_hub_download(repo_id, filename, revision):
        if revision == "gone" or not (store / repo_id).is_dir():
            raise RuntimeError("404 Client Error.\nRepository Not Found")
        return str(store / repo_id / filename)

    fake = SimpleNamespace(
        create_repo=lambda repo_id, exist_ok: (store / repo_id).mkdir(parents=True, exist_ok=True),
        upload_folder=upload_folder,
        hf_hub_download=hf_hub_download,
    )
    monkeypatch.setitem(sys.modules, "huggingface_hub", fake)
    return store


def header_of(text):
    _, header, _ = text.split("---\n", 2)
    return yaml.safe_load(header)


def test_a_model_is_uploaded_and_loaded_by_its_name(hub, capsys):
    card.run(CardConfig("pretrained/demo/seed_0", push=REPOSITORY))
    assert capsys.readouterr().out.splitlines() == [
        "runs/hub/demo/seed_0",
        f"https://huggingface.co/{REPOSITORY}/commit/1",
    ]
    text = (hub / REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f'rl2.load_agent("hf://{REPOSITORY}")' in text
    header = header_of(text)
    assert header["pipeline_tag"] == "reinforcement-learning"
    (model,) = header["model-index"]
    published = read_card("demo/seed_0")
    metrics = {each["name"]: each["value"] for each in model["results"][0]["metrics"]}
    assert metrics["length, episode 2"] == published.results[0]["length"][1]
    assert metrics["length_ratio"] == published.results[0]["length_ratio"]
    assert f"| steps of training | {published.steps:,} |" in text

    _, trained = load_agent(f"hf://{REPOSITORY}")
    assert trained.all_steps == published.steps
    assert load_subject(f"hf://{REPOSITORY}@main").suite.kind == "mazes"


def test_a_card_of_a_tabular_agent_has_its_mean():
    text = card.readme(read_card("mdp_n10/seed_0"), REPOSITORY)
    (result, *_) = header_of(text)["model-index"][0]["results"]
    assert result["dataset"]["type"] == "mdps/n10"
    assert result["metrics"][0]["value"] == read_card("mdp_n10/seed_0").results[0]["mean"]


def test_mistakes_are_one_line(hub, monkeypatch):
    for name in (REPOSITORY, f"{REPOSITORY}@gone"):
        with pytest.raises(UserError, match=r"cannot be fetched \(404 Client Error\.\)"):
            load_agent(f"hf://{name}")
    with pytest.raises(UserError, match="agent is 'nowhere'; it must be OWNER/REPOSITORY"):
        load_agent("hf://nowhere")
    with pytest.raises(UserError, match=r"agent is runs/x; it must be pretrained/NAME"):
        card.run(CardConfig("runs/x"))
    with pytest.raises(UserError, match=r"push is 'x'; it must be OWNER/REPOSITORY"):
        card.run(CardConfig("pretrained/demo", push="x"))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"pip install 'rl2-mazes\[hub\]'"):
        load_agent(f"hf://{REPOSITORY}")
