"""Learning curves of the published agents, as figures."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ....video.png import write_figure

KINDS = {
    "bandits": ("trial_return", "mean total reward of a trial", ("bandit_",)),
    "mdps": ("trial_return", "mean total reward of a trial", ("mdp_",)),
    "mazes": ("length_2", "steps of episode 2, successes", ("demo", "grid_", "walk_")),
}
MOST_NAMED = 5  # curves of a panel with a legend; that of more would cover them


def draw_curves(curves: dict[str, dict[str, list[Any]]], folder: Path) -> list[Path]:
    """Write a figure for each kind of task that has agents, with a panel per preset.

    Args:
        curves: Curves by agent, such as demo/seed_0; see `agents.publish.thin`.
        folder: Folder of the figures.

    Returns:
        Paths of the figures.
    """
    paths = []
    for kind, (figure_name, title, beginnings) in KINDS.items():
        families: dict[str, list[str]] = {}
        for name in curves:
            if name.startswith(beginnings) and figure_name in curves[name]:
                families.setdefault(name.partition("/")[0], []).append(name)
        if families:
            path = folder / f"curves_{kind}.png"
            _draw(path, families, curves, figure_name, title)
            paths.append(path)
    return paths


def _draw(
    path: Path, families: dict[str, list[str]], curves: dict, figure_name: str, title: str
) -> None:
    from matplotlib.figure import Figure

    columns = min(3, len(families))
    rows = -(-len(families) // columns)
    figure = Figure(figsize=(4 * columns, 3 * rows), dpi=100, layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes, (family, names) in zip(panels, families.items(), strict=False):
        for name in names:
            axes.plot(*_points(curves[name], figure_name), lw=1.2, label=name.rpartition("/")[2])
        many = len(names) > MOST_NAMED
        label = f"{family}, {len(names)} seeds" if many else family
        axes.set(title=label, xlabel="million steps", ylabel=title)
        axes.grid(alpha=0.3)
        if not many:
            axes.legend()
    for axes in panels[len(families) :]:
        axes.set_visible(False)
    write_figure(figure, path)


def _points(curve: dict[str, list[Any]], name: str) -> Iterable[list[float]]:
    pairs = [
        (steps / 1e6, value)
        for steps, value in zip(curve["steps"], curve[name], strict=True)
        if value is not None
    ]
    return zip(*pairs, strict=True)  # type: ignore[return-value]
