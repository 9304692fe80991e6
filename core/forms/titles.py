"""The form of a title."""

from typing import Any


def problem_of_title(title: Any) -> str | None:
    """Say in words why this cannot be the heading of a column, or None."""
    if isinstance(title, str) and title.strip() and title.isprintable():
        return None
    return f"its title is {title!r}; it must be the heading of its column in tables, in one line"
