"""The command, on an agent that has not learnt anything."""

from dataclasses import asdict
from pathlib import Path

import pytest
from PIL import Image

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.training.checkpoint import AgentCard, save
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import Spaces
from rl2_mazes.eval import gallery
from rl2_mazes.eval.gallery import GalleryConfig, _group, _slug
from rl2_mazes.eval.reports.markdown.gallery import TITLES, read_films
from rl2_mazes.eval.trials.setup import Subject
from rl2_mazes.eval.video.style import Style
from rl2_mazes.mazes.rules import MazeRules
from rl2_mazes.mazes.suite import MazeSuite
from rl2_mazes.mazes.tasks import MazeTasks
from rl2_mazes.mazes.twin.twin import TwinSettings

QUICK = Style(view=(160, 120), gap=8, fps=10, per_step={"grid": 1, "walk": 1})


@pytest.fixture
def run_folder(tmp_path):
    suite = MazeSuite(tasks=MazeTasks(rooms=2), rules=MazeRules(movement="grid", horizon=8))
    spaces = Spaces(num_actions=3, image_shape=(30, 40, 3))
    settings = RL2Settings(
        conv=[[4, 8, 4]], dense_size=8, feedback_size=4, memory=GRUSettings(hidden_size=8)
    )
    card = AgentCard(asdict(suite), asdict(settings), asdict(spaces), steps=100, seconds=1.0)
    save(tmp_path / "tiny" / "seed_0" / "checkpoints", RL2Agent(spaces, settings), card, {})
    return tmp_path / "tiny" / "seed_0"


def settings_of(run_folder, **others):
    return GalleryConfig(
        agents=[str(run_folder)],
        engine=TwinSettings(device="cpu"),
        num_trials=3,
        num_envs=2,
        output_dir=str(run_folder / "films"),
        **others,
    )


def make(settings):

    gallery.run(settings)


@pytest.mark.slow
def test_every_film_is_there_as_the_page_says(run_folder, monkeypatch):
    monkeypatch.setattr(gallery, "STYLE", QUICK)
    stale = run_folder / "films" / "tiny_seed_0_grid_2x2_median.mp4"
    stale.parent.mkdir()
    stale.touch()  # of an earlier call, which filmed it in the other format
    make(settings_of(run_folder, webp=["median"]))
    folder = run_folder / "films"
    films = read_films(folder)
    assert [film.rank for film in films] == list(TITLES)
    page = (folder / "README.md").read_text()
    assert "## tiny/seed_0: 2x2 rooms, grid movement" in page
    assert "Of 3 trials (twin) on mazes of split test, " in page
    for film in films:
        assert film.format == ("webp" if film.rank == "median" else "mp4")
        assert (folder / film.file).stat().st_size > 1000
        assert not any((folder / other).exists() for other in film.other_files)
        assert max(film.length) <= 8
        with Image.open(folder / (film.still or film.file)) as picture:
            assert picture.size == (344, 330)
    with Image.open(folder / "tiny_seed_0_grid_2x2_paths.png") as ways:
        assert ways.size[1] > ways.size[0] > 600  # two trials above each other
    assert page.count("](tiny_seed_0_grid_2x2_paths.png)") == 1
    best, *_, reset = films
    assert reset.trial == best.trial


def test_what_is_wrong_is_said_in_one_line(run_folder):
    with pytest.raises(UserError, match="agents is empty; name runs or checkpoints"):
        make(GalleryConfig(agents=[], engine=TwinSettings()))
    with pytest.raises(UserError, match=r"nowhere does not exist; train one with rl2-train"):
        make(settings_of(run_folder / "nowhere"))
    with pytest.raises(UserError, match=r"ranks is \['good'\]; it must name some of \['best'"):
        make(settings_of(run_folder, ranks=["good"]))
    with pytest.raises(UserError, match=r"webp is \['reset'\]; it must name some of the films"):
        make(settings_of(run_folder, webp=["reset"], reset=False))
    blocked = settings_of(run_folder)
    blocked.output_dir = "/proc/films"
    with pytest.raises(UserError, match="output_dir /proc/films cannot be written"):
        make(blocked)


def test_films_of_other_mazes_have_other_names():
    weights = Path("runs/demo/seed_0/weights.safetensors")
    subject = Subject("runs/demo/seed_0", object.__new__(RL2Agent), weights)
    suites = [
        MazeSuite(tasks=MazeTasks(**{"split": "test", **change}), rules=MazeRules(movement="grid"))
        for change in (
            {},
            {"loops": 0.5},
            {"generator": "wilson"},
            {"split": "train"},
            {"rooms": 5},
        )
    ]
    for name in (_slug, _group):
        assert len({name(subject, suite) for suite in suites}) == len(suites)
    assert _slug(subject, suites[0]) == "demo_seed_0_grid_3x3"
