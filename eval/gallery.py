"""Main program: film the best, the median and the worst trial of agents, and write a page of them.

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
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from omegaconf import MISSING

from ..agents.training.checkpoint import AgentCard, find_weights, load_agent
from ..core import cli
from ..core.errors import UserError
from ..core.files import replacing
from ..core.run_folder import lock
from ..core.trial import Trial
from ..mazes.maze import Maze
from ..mazes.planning.shortest_paths import shortest_lengths
from ..mazes.suite import MazeSuite
from ..mazes.tasks import MazeTasks
from .controls.wrappers import MemoryReset
from .evaluate import EvalConfig, choose_suite, require_fit
from .metrics.summary import summary
from .reports.formatting import percent, ratio
from .reports.markdown.gallery import RESET, Film, write_page
from .trials.output_folders import run_folder
from .trials.ranking import RANKS, rank_trials
from .trials.runner import TrialLog, evaluate
from .video.pair import NOTES, film_pair, frames
from .video.panel import FOR_WEBP
from .video.paths_figure import draw_paths

STYLE = FOR_WEBP  # of MP4s too: films and stills lie in the tree, and 256 pixels show the textures
CRF = 35  # of MP4s: a third of the bytes of 30 at this size
STILL_QUALITY = 80  # of 100
ENDS = ("best", "worst")  # trials whose paths are drawn on the map


@dataclass
class GalleryConfig:
    """Keys of rl2 gallery.

    Attributes:
        agents: Run folders, checkpoint folders, .safetensors files or pretrained/NAME.
        suite: Suite of the films; if not given, the one each agent was trained on.
        engine: Simulator of the trials; films are always recorded in ViZDoom.
        split: Split of the mazes, as in EvalConfig.
        num_trials: Trials of each agent, from which films are chosen by rank.
        num_envs: Environments that run at the same time.
        seed: Seed of the sampled actions.
        ranks: Trials to film. The paths of the best and the worst are always drawn.
        reset: Whether to film a trial with the memory reset between the episodes as well.
        webp: Which of these films (`reset` is one) are animated WebP; the others are MP4.
        output_dir: Folder of films and page. Films of earlier calls stay on the page.
    """

    agents: list[str] = MISSING
    suite: Any = None
    engine: Any = MISSING
    split: str = "test"
    num_trials: int = 1000
    num_envs: int = 128
    seed: int = 0
    ranks: list[str] = field(default_factory=lambda: ["best", "median", "worst"])
    reset: bool = True
    webp: list[str] = field(default_factory=list)
    output_dir: str = "videos"


def main() -> None:
    """Entry point."""
    cli.run("gallery", GalleryConfig, run)


def run(settings: GalleryConfig) -> None:
    """Film one agent after the other; the page is complete after each."""
    with cli.usage_errors():
        agents = [find_weights(Path(checkpoint)) for checkpoint in settings.agents]
        if not agents:
            raise UserError("agents is empty; name runs or checkpoints: agents=[runs/demo/seed_0]")
        if not settings.ranks or not set(settings.ranks) <= set(RANKS):
            raise UserError(f"ranks is {settings.ranks}; it must name some of {list(RANKS)}")
        if not set(settings.webp) <= {*settings.ranks, *[RESET] * settings.reset}:
            raise UserError(
                f"webp is {settings.webp}; it must name some of the films: ranks, reset"
            )
        folder = Path(settings.output_dir)
        locked = lock(folder, "output_dir")
    with locked:
        for weights in agents:
            with cli.usage_errors():
                films = []
                for film in _films_of(weights, settings, folder):
                    size = (folder / film.file).stat().st_size / 1000
                    print(
                        f"{film.rank}: trial {film.trial}, steps {film.length}; "
                        f"{film.file} {size:.0f} kB"
                    )
                    films.append(film)
                page = write_page(folder, films)
        print(page)


def _films_of(weights: Path, settings: GalleryConfig, folder: Path) -> Iterator[Film]:
    """Run the trials of an agent and record its films."""
    agent, card = load_agent(weights)
    suite = choose_suite(
        EvalConfig(
            checkpoint=str(weights),
            suite=settings.suite,
            split=settings.split,
            num_trials=settings.num_trials,
            num_envs=settings.num_envs,
            episodes_per_trial=2,
        ),
        card,
    )
    num_envs = min(settings.num_envs, settings.num_trials)
    env, mazes = suite.build(num_envs, None, settings.engine)
    with closing(env):
        require_fit(agent, env.spaces, weights)
        agent.to(env.device)
        trial = Trial(env, mazes, 2, tasks=torch.arange(settings.num_trials, device=env.device))
        log = evaluate(agent, trial, settings.num_trials, settings.seed)
        ranks = rank_trials(log)
        logs: dict[str, tuple[TrialLog, int, Sequence[str]]]
        logs = {rank: (log, ranks[rank], NOTES) for rank in settings.ranks}
        if settings.reset:
            reset = evaluate(MemoryReset(agent), trial, settings.num_trials, settings.seed)
            notes = (NOTES[0], "the same maze, memory reset")
            logs[RESET] = reset, ranks["best"], notes
    about = _about(card, suite, log)
    paths = f"{_slug(weights, suite)}_paths.png"
    draw_paths(log, {rank: ranks[rank] for rank in ENDS}, mazes, suite.rules, folder / paths)
    for rank, (shown, index, notes) in logs.items():
        name = f"{_slug(weights, suite)}_{rank}"
        maze = mazes[index]
        film = Film(
            group=_group(weights, suite),
            about=about,
            rank=rank,
            name=name,
            trial=index,
            length=shown.length[index].tolist(),
            success=shown.success[index].tolist(),
            shortest=shortest_lengths([maze], suite.rules.movement, 2)[0].tolist(),
            paths=paths,
            format="webp" if rank in settings.webp else "mp4",
            command=_command(),
        )
        file = folder / film.file
        film_pair(shown, index, maze, suite.rules, file, notes=notes, crf=CRF, style=STYLE)
        if film.still is not None:
            _still(shown, index, maze, suite, folder / film.still, notes)
        for other in film.other_files:
            (folder / other).unlink(missing_ok=True)
        yield film


def _command() -> str:
    """The command line of this call; nothing if the program was called from Python."""
    asked = HydraConfig.get().overrides.task if HydraConfig.initialized() else []
    return " ".join(["rl2 gallery", *asked]) if asked else ""


def _still(
    log: TrialLog, trial: int, maze: Maze, suite: MazeSuite, path: Path, notes: Sequence[str]
) -> None:
    """Write the frame at which the first of both episodes ends."""
    from PIL import Image

    at = int(log.length[trial].min()) * STYLE.per_step[suite.rules.movement]
    film = frames(log, trial, maze, suite.rules, STYLE, notes=notes)
    with closing(film), replacing(path) as partial:
        Image.fromarray(next(islice(film, at, None))).save(partial, quality=STILL_QUALITY, method=6)


def _about(card: AgentCard, suite: MazeSuite, log: TrialLog) -> str:
    figures = summary(log)
    success = " and ".join(f"{percent(share)} %" for share in figures["success"])
    gain = "none succeeds in both episodes"
    if figures["length_ratio"] is not None:
        gain = f"the length ratio is {ratio(figures['length_ratio'])} where both succeed"
    trained = card.suite["tasks"]["rooms"]
    return (
        f"{card.all_steps:,} steps of training on mazes of {trained}x{trained} rooms. Of "
        f"{figures['trials']} trials on mazes of split {suite.tasks.split}, {success} reach the "
        f"target in episodes 1 and 2; {gain}."
    )


def _group(weights: Path, suite: MazeSuite) -> str:
    rooms = suite.tasks.rooms
    where = ", ".join([f"{rooms}x{rooms} rooms", *_unusual(suite)])
    return f"{_run_name(weights)}: {where}, {suite.rules.movement} movement"


def _slug(weights: Path, suite: MazeSuite) -> str:
    rooms = suite.tasks.rooms
    parts = [_run_name(weights), suite.rules.movement, f"{rooms}x{rooms}", *_unusual(suite)]
    return re.sub(r"[^\w.]+", "_", "_".join(parts))


def _unusual(suite: MazeSuite) -> list[str]:
    """What sets the mazes apart from others of their size: their films must not share a name."""
    usual, tasks = asdict(MazeTasks(split="test")), asdict(suite.tasks)
    names = ("split", "generator", "loops", "num_starts", "texture_sets")
    return [f"{name} {tasks[name]}" for name in names if tasks[name] != usual[name]]


def _run_name(weights: Path) -> str:
    """The run's last two folders, such as demo/seed_0."""
    return "/".join(run_folder(weights).resolve().parts[-2:])
