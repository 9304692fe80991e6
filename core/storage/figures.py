"""Schemas of what evaluations leave: figures of metrics, in results.json and battery.json.

A metric is one number, or one an episode; `<metric>_ci` holds its confidence interval, or one an
episode. Whatever reads such a file checks it here first, so that a page is drawn from whole figures
or not at all.
"""

from typing import Any

from ..metrics import METRICS
from .schema import SchemaError, parse

Number = float | None  # None where nothing was measured

CONDITION = {"condition": str, "group": str, "meaning": str}


def require_keys(keys: dict[str, Any], data: Any, where: str) -> None:
    """Raise a `SchemaError` unless the data is an object with these keys, each of its type."""
    if not isinstance(data, dict):
        raise SchemaError(f"{where} holds no object")
    for key, kind in keys.items():
        if key not in data:
            raise SchemaError(f"{where} has no {key!r}")
        parse(kind, data[key], f"{where}: {key}")


def require_figures(data: dict[str, Any], where: str) -> None:
    """Raise a `SchemaError` unless the figures of all metrics are of the right shape.

    Args:
        data: With a list `success`, whose length is the number of episodes.
        where: File and key, for errors.
    """
    require_keys({"success": list[Number], "trials": int}, data, where)
    episodes = len(data["success"])
    for name in METRICS.all():
        if name not in data:
            continue
        value, interval = data[name], data.get(f"{name}_ci")
        place = f"{where}: {name}"
        if not isinstance(value, list):
            parse(Number, value, place)
            _require_interval(interval, f"{place}_ci")
            continue
        _require_length(parse(list[Number], value, place), episodes, place)
        if interval is not None:
            intervals = parse(list[list[Number] | None], interval, f"{place}_ci")
            _require_length(intervals, episodes, f"{place}_ci")
            for each in intervals:
                _require_interval(each, f"{place}_ci")


def require_battery(data: Any, where: str) -> None:
    """Raise a `SchemaError` unless the data is a battery.json."""
    require_keys({"conditions": list[dict[str, Any]]}, data, where)
    for index, each in enumerate(data["conditions"]):
        require_keys(CONDITION, each, f"{where}: conditions[{index}]")
        require_figures(each, f"{where}: conditions[{index}]")


def _require_interval(interval: Any, where: str) -> None:
    if interval is not None:
        _require_length(parse(list[Number], interval, where), 2, where)


def _require_length(values: list[Any], length: int, where: str) -> None:
    if len(values) != length:
        raise SchemaError(f"{where} has {len(values)} entries; it must have {length}")
