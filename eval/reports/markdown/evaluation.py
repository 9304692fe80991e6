"""Report of an evaluation: a Markdown page with figures, and the metrics as JSON."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ....agents.training.episode_statistics import MOST_EPISODES
from ....core.formatting import count
from ....core.metrics import METRICS
from ....core.storage.files import replacing, write_text
from ....core.storage.run_folder import read_metrics
from ....mazes.maze import Maze
from ....mazes.overlap import Overlap
from ....mazes.suite import MazeSuite
from ....mazes.topdown import render_map
from ...trials.setup import Subject
from .episode_curve import draw_episode_curve

MAP_SIZE = 360  # pixels
MAPS_IN_ROW = 5
INTERVALS = (
    "Intervals are 95 %: Wilson's for shares, Student's for means, a paired bootstrap over trials "
    "for ratios of sums. They hold for this agent, not for agents of other training seeds."
)


class Report:
    """An evaluation's page, section by section.

    `write` may be called again after further sections: results are on disk before a film begins.

    Attributes:
        path: Path of the page.
        figures: Path of results.json, with all metrics and settings.

    Args:
        folder: Existing folder of all files.
        subject: The agent.
        suite: The suite of the evaluation.
        engine: Name of the engine.
        seed: Seed of the actions.
        greedy: Whether the likeliest action was taken at each step instead of a sampled one.
    """

    def __init__(
        self,
        folder: Path,
        subject: Subject,
        suite: MazeSuite,
        engine: str,
        seed: int,
        greedy: bool = False,
    ):
        self.path = folder / "report.md"
        self.figures = folder / "results.json"
        self._folder = folder
        self._files: dict[str, Path] = {
            "report": self.path,
            **({} if subject.weights is None else {"agent": subject.weights}),
            "figures": self.figures,
            "every trial": folder / "trials.npz",
        }
        tasks, rules = suite.tasks, suite.rules
        how = "sampled" if subject.card is not None else "chosen by the agent"
        actions = "the likeliest action at each step" if greedy else f"actions {how}, seed {seed}"
        self._sections = [
            "# Evaluation\n",
            f"- agent: {_agent(subject, suite)}\n"
            f"- mazes: {tasks.rooms}x{tasks.rooms} rooms, generator {tasks.generator}, loops "
            f"{tasks.loops}, split {tasks.split_name}, {tasks.num_mazes} mazes, each once\n"
            f"- rules: {rules.movement} movement, horizon {rules.horizon}, "
            f"{suite.episodes_per_trial} episodes per trial; number of starts "
            f"{tasks.num_starts}, of targets {tasks.num_targets}\n"
            f"- simulator: {engine}; {actions}\n",
        ]
        self._pictures: dict[Path, np.ndarray] = {}
        self._settings = {"suite": asdict(suite), "seed": seed, "trained_on": subject.trained_on}

    def add_overlap(self, overlap: Overlap | None) -> None:
        """Add how many of the mazes, and of their layouts, the agent was trained on."""
        known = overlap or "whether the agent was trained on these mazes is not known"
        self._sections.append(f"Split: {known}.\n")

    def add_note(self, note: str | None) -> None:
        """Add a sentence, if there is one."""
        if note:
            self._sections.append(f"Note: {note}.\n")

    def add_results(self, figures: dict[str, Any], table: str) -> None:
        """Add the tables, and the definition of each metric in them."""
        known = [metric for metric in METRICS.all().values() if metric.name in figures]
        definitions = "\n".join(f"- {metric.title}: {metric.meaning}" for metric in known)
        self._sections.append(
            f"## Results of {figures['trials']} trials\n\n{table}\n\n{INTERVALS}\n\n{definitions}\n"
        )

    def add_episode_curve(self, figures: dict[str, Any]) -> None:
        """Add length and success by episode, if there are more than the two of most trials."""
        if len(figures["success"]) > 2:
            picture = draw_episode_curve(figures)
            self._add_picture("length and success by episode", "episodes.png", picture)

    def add_curve(self, metrics: Path) -> None:
        """Add the learning curve of the training, if its log exists."""
        if not metrics.is_file():
            return
        lines = read_metrics(metrics)
        if len(lines) > 1:
            self._add_picture("learning curve", "curve.png", _draw_curve(lines))

    def add_paths(self, paths: list[np.ndarray], trial: int, maze: Maze) -> None:
        """Add the agent's paths in one trial on the map, one map per episode."""
        maps = [render_map(maze, path, MAP_SIZE, episode=k) for k, path in enumerate(paths)]
        lengths = ", ".join(str(len(path) - 1) for path in paths)
        self._add_picture(
            f"paths of trial {trial} (steps: {lengths})", "paths.png", in_rows(maps, MAPS_IN_ROW)
        )

    def add_video(self, video: Path, trial: int) -> None:
        """Add a link to the film."""
        self._files["video"] = video
        self._sections.append(
            f"## Video\n\n[Trial {trial}]({video.name}), episodes of it side by side.\n"
        )

    def write(self, results: dict[str, Any]) -> None:
        """Write results.json, the pictures and the page; nothing is replaced before."""
        from PIL import Image

        write_text(self.figures, json.dumps({**results, **self._settings}, indent=2) + "\n")
        for path, picture in self._pictures.items():
            with replacing(path) as partial:
                Image.fromarray(picture).save(partial)
        self._pictures.clear()  # written once
        write_text(self.path, "\n".join(self._sections))

    def contents(self) -> str:
        """Paths of all files, one line each."""
        width = max(map(len, self._files))
        return "\n".join(f"{name:{width}}  {path}" for name, path in self._files.items())

    def _add_picture(self, title: str, name: str, picture: np.ndarray) -> None:
        path = self._folder / name
        self._pictures[path] = picture
        self._files[title.split(" (")[0]] = path
        self._sections.append(f"## {title[0].upper()}{title[1:]}\n\n![{title}]({name})\n")


def in_rows(pictures: list[np.ndarray], most: int) -> np.ndarray:
    """Pictures of one size [H, W, 3] side by side, at most `most` in a row; the rest is black."""
    width = min(most, len(pictures))
    missing = -len(pictures) % width
    pictures = [*pictures, *[np.zeros_like(pictures[0])] * missing]
    rows = [pictures[i : i + width] for i in range(0, len(pictures), width)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def _agent(subject: Subject, suite: MazeSuite) -> str:
    """The agent and its training in one line."""
    if subject.card is not None:
        return f"`{subject.weights}`, {subject.training} in {count(subject.card.all_seconds)} s"
    known = subject.record(suite)["outside_agent"]
    versions = ", ".join(f"{name} {version}" for name, version in known["versions"].items())
    return f"`{known['name']}`, {known['wraps'] or known['class']}, {subject.training}; {versions}"


def _draw_curve(lines: list[dict[str, Any]]) -> np.ndarray:
    """Success and length over training steps, one line per episode; [H, W, 3] uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    for axes, name in zip(figure.subplots(1, 2), ("success", "length"), strict=True):
        for k in range(1, MOST_EPISODES + 1):
            key = f"{name}_{k}"
            points = [(line["steps"] / 1e6, line[key]) for line in lines if key in line]
            if points:
                axes.plot(*zip(*points, strict=True), label=f"episode {k}", lw=1.2)
        title = METRICS.get(name).title
        axes.set(title=title, xlabel="million agent steps of training", ylim=(0, None))
        axes.locator_params("x", nbins=5)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
