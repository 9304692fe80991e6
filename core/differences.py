"""The fields in which two records differ, as text for messages.

Whole records would hide the one number that matters among a dozen that are equal.
"""

from collections.abc import Mapping
from typing import Any

NONE = "none of these"


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, str]:
    """The entries of each that the other lacks or has with another value, as `key=value`.

    Args:
        one: Values by name.
        other: Likewise; not equal to `one`.
    """
    return _apart(one, other), _apart(other, one)


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    apart = [
        f"{key}={value}" for key, value in one.items() if key not in other or other[key] != value
    ]
    return ", ".join(apart) or NONE
