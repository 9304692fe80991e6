"""The form of a metric, checked when it is registered: found later, a mistake costs all trials."""

from typing import Any, Literal, get_args

from .entries import function_of
from .titles import problem_of_title

Unit = Literal["share", "ratio", "steps", "reward", "trials", "count"]
Direction = Literal["higher", "lower"]
INTERVALS = ("Wilson", "Student", "bootstrap")
INPUTS = ("actions", "poses", "shortest", "reset_length", "mazes", "rules", "wall_penalty")
SUFFIXES = ("_ci", "_low", "_high")  # of a metric's interval in results.json and in CSV files
RESERVED = (  # other keys of results.json, battery.json and model cards
    *("trials", "later", "episode", "episodes", "condition", "group", "meaning", "engine"),
    *("horizon", "seconds", "checkpoint", "train_steps", "train_seconds", "track"),
    *("outside_agent", "seed", "greedy", "restarted_trials", "trained_on_share"),
    *("trained_layout_share", "video", "report", "suite", "trained_on", "row", "split"),
    *("sampled", "reset_length_ratio", "shortening_lost_by_reset", "blind_success"),
)


def problem_of(metric: Any) -> str | None:
    """Say in words what is wrong with a `core.metrics.Metric`, or None."""
    arguments = ("first", "later", "rng") if metric.compares else ("episode", "rng")
    return (
        _problem_of_name(metric.name)
        or problem_of_title(metric.title)
        or _unless_one_of("unit", metric.unit, get_args(Unit))
        or _unless_one_of("direction", metric.direction, (*get_args(Direction), None))
        or _unless_one_of("interval", metric.interval, (*INTERVALS, None))
        or _problem_of_needs(metric.needs)
        or function_of(*arguments)(metric.function)
    )


def _problem_of_name(name: Any) -> str | None:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        return f"its name is {name!r}; it must be a word, the key of its figures in results.json"
    if name in RESERVED:
        return "results have another key of that name; give it another name"
    if name.endswith(SUFFIXES):
        return f"a name that ends in {', '.join(SUFFIXES)} is of an interval; give it another name"
    return None


def _unless_one_of(key: str, value: Any, known: tuple[Any, ...]) -> str | None:
    if value in known:
        return None
    return f"its {key} is {value!r}; it must be one of {', '.join(map(str, known))}"


def _problem_of_needs(needs: Any) -> str | None:
    if not isinstance(needs, tuple | list):
        return f"its needs is {needs!r}; it must be a list of names, such as ['actions']"
    unknown = [each for each in needs if each not in INPUTS]
    return _unless_one_of("needs", unknown[0], INPUTS) if unknown else None
