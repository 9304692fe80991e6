"""The report of an evaluation: a Markdown page with its pictures, and the figures as JSON."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ....agents.training.checkpoint import AgentCard
from ....agents.training.episode_statistics import MOST_EPISODES
from ....core.files import replacing, write_text
from ....core.run_folder import read_metrics
from ....mazes.maze import Maze
from ....mazes.suite import MazeSuite
from ....mazes.topdown import render_map

MAP_SIZE = 360  # pixels


class Report:
    """Collects what there is to show and writes it into one folder.

    Attributes:
        path: The page.
        figures: All that it says, and more, as JSON.

    Args:
        folder: Where everything goes; must exist.
        weights: The agent's file.
        card: What the agent was trained for.
        suite: What it was evaluated on.
        engine: The simulator's name.
        seed: Of the actions.
        greedy: Whether the actions were the likeliest ones instead of sampled.
    """

    def __init__(
        self,
        folder: Path,
        weights: Path,
        card: AgentCard,
        suite: MazeSuite,
        engine: str,
        seed: int,
        greedy: bool = False,
    ):
        self.path = folder / "report.md"
        self.figures = folder / "results.json"
        self._folder = folder
        self._files: dict[str, Path] = {"report": self.path, "agent": weights}
        tasks, rules = suite.tasks, suite.rules
        actions = "the likeliest action each time" if greedy else f"actions sampled, seed {seed}"
        self._sections = [
            "# Evaluation\n",
            f"- agent: `{weights}`, {card.all_steps:,} steps of training in "
            f"{card.all_seconds:,.0f} s\n"
            f"- mazes: {tasks.rooms}x{tasks.rooms} rooms, generator {tasks.generator}, loops "
            f"{tasks.loops}, split {tasks.split}, {tasks.num_mazes} mazes, each once\n"
            f"- rules: {rules.movement} movement, horizon {rules.horizon}, "
            f"{suite.episodes_per_trial} episodes a trial\n"
            f"- simulator: {engine}; {actions}\n",
        ]
        self._settings = {"suite": asdict(suite), "seed": seed, "trained_on": card.suite}

    def add_overlap(self, share: float) -> None:
        """Says so if the agent was trained on some of the mazes."""
        if share:
            self._sections.append(f"Mind: {overlap(share)}.\n")

    def add_results(self, figures: dict, table: str) -> None:
        """The table, and what its intervals are."""
        self._sections.append(
            f"## Results of {figures['trials']} trials\n\n{table}\n\n"
            "Lengths are steps of successful episodes. Intervals are 95 %: Wilson's for shares, "
            "Student's for lengths and SPL, a paired bootstrap over trials for ratios and the "
            "share of the possible gain. One training seed: they speak of this agent and not of "
            "others trained alike.\n\n"
            "SPL is success weighted by path length (Anderson et al. 2018): 1 if every episode "
            "takes the shortest way, 0 for those that fail. The share of the possible gain is how "
            "many of the steps that episode 1 took too many were saved in episode 2.\n"
        )

    def add_curve(self, metrics: Path) -> None:
        """The training's learning curve, if its log is there."""
        if not metrics.is_file():
            return
        lines = read_metrics(metrics)
        if len(lines) > 1:
            self._add_picture("learning curve", "curve.png", _draw_curve(lines))

    def add_paths(self, paths: list[np.ndarray], trial: int, maze: Maze) -> None:
        """The ways of one trial on the map, an episode beside the other."""
        maps = np.concatenate([render_map(maze, path, MAP_SIZE) for path in paths], axis=1)
        lengths = ", ".join(str(len(path) - 1) for path in paths)
        self._add_picture(f"paths of trial {trial} (steps: {lengths})", "paths.png", maps)

    def add_video(self, video: Path, trial: int) -> None:
        """A link to the film."""
        self._files["video"] = video
        self._sections.append(
            f"## Video\n\n[Trial {trial}]({video.name}), its first episodes side by side.\n"
        )

    def write(self, results: dict) -> None:
        """Writes page and figures."""
        self._files["figures"] = self.figures
        self._files["every trial"] = self._folder / "trials.npz"
        write_text(self.figures, json.dumps({**results, **self._settings}, indent=2) + "\n")
        write_text(self.path, "\n".join(self._sections))

    def contents(self) -> str:
        """Where everything lies, a line each."""
        width = max(map(len, self._files))
        return "\n".join(f"{name:{width}}  {path}" for name, path in self._files.items())

    def _add_picture(self, title: str, name: str, picture: np.ndarray) -> None:
        from PIL import Image

        path = self._folder / name
        with replacing(path) as partial:
            Image.fromarray(picture).save(partial)
        self._files[title.split(" (")[0]] = path
        self._sections.append(f"## {title[0].upper()}{title[1:]}\n\n![{title}]({name})\n")


def overlap(share: float) -> str:
    """The share of the mazes that an agent knows from training, in words."""
    percent = f"{100 * share:.0f}" if share >= 0.005 else "<1"
    return f"{percent} % of these mazes are among those that it was trained on"


def _draw_curve(lines: list[dict]) -> np.ndarray:
    """Success and length by training step, an episode a line; [H, W, 3] uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), dpi=110, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    success, length = figure.subplots(1, 2)
    for k in range(1, MOST_EPISODES + 1):
        for axes, name in ((success, f"success_{k}"), (length, f"length_{k}")):
            points = [(line["steps"] / 1e6, line[name]) for line in lines if name in line]
            if points:
                axes.plot(*zip(*points, strict=True), label=f"episode {k}", lw=1.2)
    for axes, title in ((success, "share of successes"), (length, "steps of successes")):
        axes.set(title=title, xlabel="million agent steps of training", ylim=(0, None))
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
