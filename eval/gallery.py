"""Film the best, the median and the worst trial of agents, and write a page of them.

    rl2 gallery agents=[runs/demo/seed_0]
    rl2 gallery agents=[runs/demo/seed_0,runs/demo/seed_1] output_dir=films
    rl2 gallery agents=[runs/demo/seed_0] suite=mazes/grid_large ranks=[best,median]
    rl2 gallery agents=[runs/demo/seed_0] webp=[best]

A film is an MP4 and a still that links to it on the page, or an animated WebP, which Markdown shows
inline and which has about four times the bytes. A further film shows the best trial's maze with the
agent's memory reset between the episodes, and a picture the paths of the best and the worst trial.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("gallery")

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from hydra.core.hydra_config import HydraConfig
from omegaconf import MISSING

from ..core import cli
from ..core.errors import UserError
from ..core.formatting import percent, ratio
from ..core.metrics import METRICS
from ..core.storage.files import replacing
from ..core.storage.run_folder import locked
from ..core.validation import count, seed
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeTasks
from .controls.wrappers import MemoryReset
from .metrics.figures import figures_of
from .reports.markdown.gallery import RESET, Film, write_page
from .trials.ranking import RANKS, rank_trials
from .trials.setup import Subject, choose_suite, load_subject, require_success
from .trials.trials import Trials, run_trials
from .video.film import write_film
from .video.paths_figure import draw_paths
from .video.style import FOR_WEBP
from .video.trial_frames import notes_of

STYLE = FOR_WEBP  # of MP4s too: films and stills lie in the tree, and 256 pixels show the textures
CRF = 35  # of MP4s: a third of the bytes of 30 at this size
STILL_QUALITY = 80  # of 100
ENDS = ("best", "worst")  # trials whose paths are drawn on the map
EPISODES = 2  # side by side in a film


@dataclass
class GalleryConfig:
    """Keys of rl2 gallery.

    Attributes:
        agents: Run folders, checkpoint folders, .safetensors files or pretrained/NAME; or agents
            from outside, package.module:Name.
        suite: Suite of the films; if not given, the one each agent was trained on.
        engine: Simulator of the trials; films are always recorded in ViZDoom.
        split: Split of the mazes: train, validation, test, paper_train or paper_test.
        num_trials: Trials of each agent, from which films are chosen by rank.
        num_envs: Most environments at a time.
        seed: Seed of the sampled actions.
        ranks: Trials to film. The paths of the best and the worst are always drawn.
        reset: Whether to film a trial with the memory reset between the episodes as well.
        webp: Which of these films (`reset` is one) are animated WebP; the others are MP4.
        output_dir: Folder of films and page. Films of earlier calls stay on the page.
    """

    FOLDER_OF: ClassVar = ("agents", "suite", "split")  # in the films' names

    agents: list[str] = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = count(1000)
    num_envs: int = count(128)
    seed: int = seed(0)
    ranks: list[str] = field(default_factory=lambda: ["best", "median", "worst"])
    reset: bool = True
    webp: list[str] = field(default_factory=list)
    output_dir: str = "videos"


def main() -> None:
    """Entry point of `rl2 gallery`."""
    cli.run("gallery", GalleryConfig, run)


def run(settings: GalleryConfig) -> None:
    """Film one agent after the other; the page is complete after each."""
    require_films(settings)
    METRICS.all()  # a metric that cannot be registered costs no trials
    subjects = [load_subject(path) for path in settings.agents]
    folder = Path(settings.output_dir)
    with locked(folder, "output_dir"):
        for subject in subjects:
            films = []
            for film in _films_of(subject, settings, folder):
                size = (folder / film.file).stat().st_size / 1000
                print(
                    f"{film.rank}: trial {film.trial}, steps {film.length}; "
                    f"{film.file} {size:.0f} kB"
                )
                films.append(film)
            print(write_page(folder, films))


def require_films(settings: GalleryConfig) -> None:
    """Raise a `UserError` if the settings name no agents or unknown films."""
    if not settings.agents:
        raise UserError("agents is empty; name runs or checkpoints: agents=[runs/demo/seed_0]")
    if not settings.ranks or not set(settings.ranks) <= set(RANKS):
        raise UserError(f"ranks is {settings.ranks}; it must name some of {list(RANKS)}")
    if not set(settings.webp) <= {*settings.ranks, *[RESET] * settings.reset}:
        raise UserError(f"webp is {settings.webp}; it must name some of the films: ranks, reset")


def _films_of(subject: Subject, settings: GalleryConfig, folder: Path) -> Iterator[Film]:
    """Run the trials of an agent and record its films."""
    suite = settings.suite or subject.suite
    if suite is not None:
        require_success(suite, subject.path)
    suite = choose_suite(subject, suite, settings.split, settings.num_trials, EPISODES)

    def run_agent(agent: Any) -> Trials:
        return run_trials(
            agent, suite, settings.num_trials, settings.seed, settings.engine, settings.num_envs
        )

    agent = subject.agent_for(suite)
    trials = run_agent(agent)
    ranks = rank_trials(trials.log)
    notes = notes_of(trials.mazes[0])
    shown: dict[str, tuple[Trials, int, Sequence[str]]]
    shown = {rank: (trials, ranks[rank], notes) for rank in settings.ranks}
    if settings.reset:
        notes = notes_of(trials.mazes[0], "memory reset")
        shown[RESET] = run_agent(MemoryReset(agent)), ranks["best"], notes
    about = _about(subject, suite, trials, settings.engine.title)
    slug = _slug(subject, suite)
    paths = f"{slug}_paths.png"
    ends = {rank: ranks[rank] for rank in ENDS}
    draw_paths(trials.log, ends, trials.mazes, suite.rules, folder / paths)
    for rank, (of, index, notes) in shown.items():
        maze = of.mazes[index]
        film = Film(
            group=_group(subject, suite),
            about=about,
            rank=rank,
            name=f"{slug}_{rank}",
            trial=index,
            length=of.log.length[index].tolist(),
            success=of.log.success[index].tolist(),
            shortest=of.shortest[index].tolist(),
            paths=paths,
            format="webp" if rank in settings.webp else "mp4",
            command=_command(),
        )
        file = folder / film.file
        watch = _still(of, index, folder / film.still) if film.still is not None else None
        write_film(
            of.log, index, maze, suite.rules, file, notes=notes, crf=CRF, style=STYLE, watch=watch
        )
        for other in film.other_files:
            (folder / other).unlink(missing_ok=True)
        yield film


def _command() -> str:
    """The command line of this call; nothing if the program was called from Python."""
    asked = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    return " ".join(["rl2 gallery", *asked]) if asked else ""


def _still(trials: Trials, trial: int, path: Path) -> Callable[[int, np.ndarray], None]:
    """A function that is given a film's frames and writes that at which the first episode ends."""
    from PIL import Image

    at = int(trials.log.length[trial].min()) * STYLE.per_step[trials.suite.rules.movement]

    def watch(index: int, frame: np.ndarray) -> None:
        if index == at:
            with replacing(path) as partial:
                Image.fromarray(frame).save(partial, quality=STILL_QUALITY, method=6)

    return watch


def _about(subject: Subject, suite: MazeSuite, trials: Trials, engine: str) -> str:
    """An agent's training and results in two sentences."""
    figures = figures_of(trials)
    success = " and ".join(f"{percent(share)} %" for share in figures["success"])
    gain = "none succeeds in both episodes"
    if figures["length_ratio"] is not None:
        gain = f"the length ratio is {ratio(figures['length_ratio'])} where both succeed"
    training = subject.training
    if subject.trained_on is not None:
        rooms = subject.trained_on["tasks"]["rooms"]
        training += f" on mazes of {rooms}x{rooms} rooms"
    return (
        f"{training[0].upper()}{training[1:]}. Of "
        f"{figures['trials']} trials ({engine}) on mazes of split {suite.split}, {success} reach "
        f"the target in episodes 1 and 2; {gain}."
    )


def _group(subject: Subject, suite: MazeSuite) -> str:
    """Heading of an agent's films."""
    rooms = suite.tasks.rooms
    where = ", ".join([f"{rooms}x{rooms} rooms", *_unusual(suite)])
    return f"{_run_name(subject, suite)}: {where}, {suite.rules.movement} movement"


def _slug(subject: Subject, suite: MazeSuite) -> str:
    """Beginning of the names of an agent's files."""
    rooms = suite.tasks.rooms
    parts = [_run_name(subject, suite), suite.rules.movement, f"{rooms}x{rooms}", *_unusual(suite)]
    return re.sub(r"[^\w.]+", "_", "_".join(parts))


def _unusual(suite: MazeSuite) -> list[str]:
    """Settings that differ from the default ones, so that no two films share a name."""
    usual, tasks = asdict(MazeTasks(split="test")), asdict(suite.tasks)
    names = ("split", "split_by", "generator", "loops", "num_starts", "num_targets")
    names += ("texture_sets",)
    return [f"{name} {tasks[name]}" for name in names if tasks[name] != usual[name]]


def _run_name(subject: Subject, suite: MazeSuite) -> str:
    """Last two folders of the run, such as demo/seed_0; or the name of an agent from outside."""
    if subject.weights is None:
        return subject.path
    return "/".join(subject.run_folder(suite).resolve().parts[-2:])
