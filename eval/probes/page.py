"""The page of a probe: tables by episode, curves by step, decoded maps."""

from collections.abc import Sequence
from typing import Any

from ..pages import rendering
from ..reports.html.canvas import Chart, chart, series
from .features import MEANINGS
from .labels import LABELS
from .maps import DecodedTrial

FIRST_STEP = "_at_first_step"  # suffix of keys
Cell = tuple[str, str, str]


def render(results: dict[str, Any], trials: Sequence[DecodedTrial], command: str) -> str:
    """The page as HTML.

    Args:
        results: See `eval.probe`.
        trials: Maps of some held-out trials.
        command: That wrote it.
    """
    meanings = [
        (name, f"{MEANINGS[name]} ({size} numbers)") for name, size in results["features"].items()
    ]
    meanings += [(label.title, label.meaning) for label in LABELS.values()]
    return rendering.render(
        __package__,
        "page.html",
        results=results,
        tables=[
            {"probe": probe, "title": title, "rows": table(results, probe, episode, part)}
            for probe in ("mlp", "linear")
            for title, episode, part in _parts(results["episodes"])
        ],
        names=[*results["features"], "knowing the time"],
        charts=curves(results),
        trials=trials,
        meanings=meanings,
        command=command,
    )


def _parts(episodes: int) -> list[tuple[str, int, str]]:
    """Title, episode and suffix of keys of each table of a probe."""
    parts = [(f"Episode {k + 1}", k + 1, "") for k in range(episodes)]
    return parts + [("First step of episode 2", 2, FIRST_STEP)] * (episodes > 1)


def table(
    results: dict[str, Any], probe: str, episode: int, part: str = ""
) -> list[tuple[str, list[Cell]]]:
    """Rows of a table: the label, a cell per set of features, and the training mean's error."""
    rows = []
    for name, label in LABELS.items():
        found = {
            each["features"]: each
            for each in results["scores"]
            if (each["label"], each["probe"], each["episode"]) == (name, probe, episode)
        }
        cells = [cell(found[each], label.unit, part) for each in results["features"]]
        mean = next(iter(found.values()))[f"error_of_mean{part}"]
        rows.append((label.title, [*cells, ("", "", stated(mean, label.unit))]))
    return rows


def cell(score: dict[str, Any], unit: str, part: str = "") -> Cell:
    """Variance explained, its interval, and the error, as text."""
    error = stated(score[f"error{part}"], unit)
    explained, interval = score[f"explained{part}"], score[f"explained_ci{part}"]
    if explained is None:
        return "–", "", error
    low, high = interval or (None, None)
    return f"{explained:.2f}", "" if low is None else f"[{low:.2f}, {high:.2f}]", error


def stated(error: float, unit: str) -> str:
    """An error in its unit."""
    if unit == "%":
        return f"{100 * error:.0f} % right"
    return f"{error:.0f}° off" if unit == "degrees" else f"{error:.2f} {unit} off"


def curves(results: dict[str, Any]) -> list[Chart]:
    """Variance explained by step of the episode, a chart a label and episode, of the MLP."""
    charts = []
    for name, label in LABELS.items():
        for k in range(min(results["episodes"], 2)):
            lines = {
                each["features"]: each["explained_by_step"]
                for each in results["scores"]
                if (each["label"], each["probe"], each["episode"]) == (name, "mlp", k + 1)
            }

            def plot(axes, lines=lines) -> None:
                for index, (features, values) in enumerate(lines.items()):
                    at = [i for i, value in enumerate(values) if value is not None]
                    axes.plot(at, [values[i] for i in at], color=series(index), label=features)
                shown = list(range(0, len(results["spans"]), 2))
                axes.set_xticks(shown, [results["spans"][i] for i in shown])
                axes.set_ylim(-0.15, 1.02)
                axes.legend(loc="best", fontsize=8)

            title = f"{label.title.capitalize()}, episode {k + 1}"
            ends = ", ".join(
                f"{features} {known[0]:.2f} to {known[-1]:.2f}"
                for features, values in lines.items()
                if (known := [value for value in values if value is not None])
            )
            alt = f"{title}: share of variance explained, from early to late steps: {ends}."
            charts.append(chart(alt, plot, title, "step of the episode", height=2.5))
    return charts
