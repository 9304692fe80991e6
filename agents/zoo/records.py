"""Measurements of a results file as flat records, for model cards and for the page of results.

rl2-eval writes results.json, which becomes one record. rl2 battery writes battery.json, which
becomes one record per condition. Keys of a record:

    suite, row              mazes and e.g. walk_small; bandits and k5_n10; mdps and n10; with other
                            settings than the row's, k5_n10 with low=0.9
    trials, seed, train_steps
    where episodes can succeed:  engine, split, trained_on_share, sampled, condition, episodes, and
                                 the metrics with `on_card`, each with its `_ci`
    elsewhere:                   mean, se, mean_ci: total reward of a trial; by_regret and
                                 by_regret_se, the same by regret, where it was measured
"""

from pathlib import Path
from typing import Any

from ...core.errors import UserError
from ...core.metrics import METRICS
from ...core.storage.figures import require_battery, require_figures
from ...core.storage.schema import parse, read_json
from ...core.suite import Suite, suite_of
from ...core.tabular.suite import TabularSuite

HEADLINE = ("reset_length_ratio", "shortening_lost_by_reset", "blind_success")
AS_TRAINED, GREEDY = "as trained", "greedy actions"


def read_measurements(path: str | Path) -> list[dict[str, Any]]:
    """Read a results file.

    Raises:
        UserError: It is missing, or none of the known kinds.
    """
    path = Path(path)
    try:
        found = parse(dict[str, Any], read_json(path), "its content")
        suite = suite_of(found["suite"])
        if "conditions" in found:
            require_battery(found, "it")
            return [_of_condition(found, suite, each) for each in found["conditions"]]
        if suite.has_success:
            require_figures(found, "it")
        return [_of_success(found, suite) if suite.has_success else _of_returns(found, suite)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        if not path.is_file():
            raise UserError(f"{path} cannot be read (no such file); rl2-eval writes one") from error
        raise UserError(
            f"{path} is no results.json of rl2-eval and no battery.json of rl2 battery ({error!r})"
        ) from error


def _of_success(found: dict[str, Any], suite: Suite) -> dict[str, Any]:
    return {
        "suite": suite.kind,
        "row": suite.name,
        "condition": AS_TRAINED,
        "engine": found["engine"],
        "split": suite.split,
        "trained_on_share": found.get("trained_on_share"),
        "horizon": suite.horizon,
        **_common(found, found),
    }


def _of_condition(found: dict[str, Any], suite: Suite, condition: dict[str, Any]) -> dict[str, Any]:
    headline = {name: _short(found.get(name)) for name in (*HEADLINE, "trained_on_share")}
    return {
        "suite": suite.kind,
        "row": suite.name,
        "condition": condition["condition"],
        "engine": condition["engine"],
        "split": suite.split,
        "horizon": condition["horizon"],
        **_common(found, {**condition, "greedy": condition["condition"] == GREEDY}),
        **(headline if condition["condition"] == AS_TRAINED else {}),
    }


def _common(found: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    record = {
        "episodes": len(figures["success"]),
        "trials": figures["trials"],
        "seed": found["seed"],
        "sampled": not figures.get("greedy", False),
        "train_steps": found["train_steps"],
    }
    for name in (name for name, metric in METRICS.all().items() if metric.on_card):
        for key in (name, f"{name}_ci"):
            if key in figures:
                record[key] = _short(figures[key])
    return record


def _of_returns(found: dict[str, Any], suite: Suite) -> dict[str, Any]:
    row = found["row"]
    if isinstance(suite, TabularSuite) and suite.unnamed:
        row += " with " + ", ".join(f"{key}={value}" for key, value in suite.unnamed.items())
    record = {"suite": suite.kind, "row": row}
    record |= {key: found[key] for key in ("trials", "seed", "train_steps")}
    record["sampled"] = not found.get("greedy", False)
    record |= {key: _short(found[key]) for key in ("mean", "se", "mean_ci")}
    by_regret = {key: _short(found.get(key)) for key in ("by_regret", "by_regret_se")}
    return record | {key: value for key, value in by_regret.items() if value is not None}


def _short(value: Any) -> Any:
    """Round floats to five places, in lists too; no confidence interval here is narrower."""
    if isinstance(value, list):
        return [_short(each) for each in value]
    return round(value, 5) if isinstance(value, float) else value
