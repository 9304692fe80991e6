"""Main program: films the best, the median and the worst trial of agents, with a page to show them.

    rl2 gallery agents=[runs/demo/seed_0]
    rl2 gallery agents=[runs/demo/seed_0,runs/demo/seed_1] output_dir=films
    rl2 gallery agents=[runs/demo/seed_0] suite=mazes/grid_large ranks=[best,median]

Of each film there are an animated WebP, which the page shows, a larger MP4, and a still. One film
more shows the best trial's maze again with the agent's memory reset between the episodes, and a
picture the ways of the best and the worst trial from above.
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
from .video.panel import FOR_MP4
from .video.paths_figure import draw_paths

CRF = 30  # of the films, so that a gallery is small
ENDS = ("best", "worst")  # whose ways are drawn from above


@dataclass
class GalleryConfig:
    """Keys of rl2 gallery.

    Attributes:
        agents: Runs' folders, checkpoints' folders, or .safetensors files.
        suite: What they are filmed in; if not given, what each was trained on.
        engine: Where the trials are run; films are always shot in the engine.
        split: Of the mazes, as in EvalConfig.
        num_trials: Trials of each agent, from which films are chosen by rank.
        num_envs: Copies that run at the same time.
        seed: Of the sampled actions.
        ranks: Which trials to film; ways from above are of the best and the worst whichever.
        reset: Also film a trial in which the memory is reset between the episodes.
        output_dir: Where films and page go. Films of earlier calls stay on the page.
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
    output_dir: str = "videos"


def main() -> None:
    """Entry point."""
    cli.run("gallery", GalleryConfig, run)


def run(settings: GalleryConfig) -> None:
    """Films every agent in turn; the page is whole after each."""
    with cli.usage_errors():
        agents = [find_weights(Path(checkpoint)) for checkpoint in settings.agents]
        if not agents:
            raise UserError("agents is empty; name runs or checkpoints: agents=[runs/demo/seed_0]")
        if not settings.ranks or not set(settings.ranks) <= set(RANKS):
            raise UserError(f"ranks is {settings.ranks}; it must name some of {list(RANKS)}")
        folder = Path(settings.output_dir)
        locked = lock(folder, "output_dir")
    with locked:
        for weights in agents:
            with cli.usage_errors():
                films = []
                for film in _films_of(weights, settings, folder):
                    files = [folder / f"{film.name}{suffix}" for suffix in (".mp4", ".webp")]
                    sizes = ", ".join(f"{f.name} {f.stat().st_size / 1000:.0f} kB" for f in files)
                    print(f"{film.rank}: trial {film.trial}, steps {film.length}; {sizes}")
                    films.append(film)
                page = write_page(folder, films)
        print(page)


def _films_of(weights: Path, settings: GalleryConfig, folder: Path) -> Iterator[Film]:
    """Runs one agent's trials and shoots its films."""
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
            notes = (NOTES[0], "the same maze, all memory of it gone")
            logs[RESET] = reset, ranks["best"], notes
    about = _about(card, suite, log)
    paths = f"{_slug(weights, suite)}_paths.png"
    draw_paths(log, {rank: ranks[rank] for rank in ENDS}, mazes, suite.rules, folder / paths)
    for rank, (shown, index, notes) in logs.items():
        name = f"{_slug(weights, suite)}_{rank}"
        maze = mazes[index]
        for suffix in (".mp4", ".webp"):
            file = folder / f"{name}{suffix}"
            film_pair(shown, index, maze, suite.rules, file, notes=notes, crf=CRF)
        _still(shown, index, maze, suite, folder / f"{name}.png", notes)
        yield Film(
            group=_group(weights, suite),
            about=about,
            rank=rank,
            name=name,
            trial=index,
            length=shown.length[index].tolist(),
            success=shown.success[index].tolist(),
            oracle=shortest_lengths([maze], suite.rules.movement, 2)[0].tolist(),
            paths=paths,
        )


def _still(
    log: TrialLog, trial: int, maze: Maze, suite: MazeSuite, path: Path, notes: Sequence[str]
) -> None:
    """The moment at which the first of both episodes ends."""
    from PIL import Image

    at = int(log.length[trial].min()) * FOR_MP4.per_step[suite.rules.movement]
    film = frames(log, trial, maze, suite.rules, notes=notes)
    with closing(film), replacing(path) as partial:
        Image.fromarray(next(islice(film, at, None))).save(partial)


def _about(card: AgentCard, suite: MazeSuite, log: TrialLog) -> str:
    figures = summary(log)
    success = " and ".join(f"{percent(share)} %" for share in figures["success"])
    gain = "none succeeds in both episodes"
    if figures["length_ratio"] is not None:
        gain = f"episode 2 takes {ratio(figures['length_ratio'])} of episode 1's steps where both succeed"
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
