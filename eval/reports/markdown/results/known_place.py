"""Worth of a known map, as `rl2 bench known_place` has measured it."""

from typing import Any

from .....core.formatting import lay_out
from .....core.storage.figures import require_keys

NAME = "known_place"  # results/known_place.json
KEYS: dict[str, Any] = {
    "with_map": float,
    "without_map": float,
    "saved": float,
    "saved_ci": list[float],
    "num_mazes": int,
}
TEXT = """
## Worth of a known place

Steps that a scripted explorer saves in episode 2 by the map that it drew in episode 1: its steps
there beside those of an explorer that begins in episode 2, on the twin. That is what remembering
the map is worth to this way of searching; a better one may gain more. From another start the map is
worth nearly as much as from the same. With another target it is worth little.
"""


def known_place_section(found: dict[str, dict[str, Any]], file: str) -> list[str]:
    """Section with a row per suite; none if nothing was measured.

    Args:
        found: Content of the file.
        file: Its name, for errors.

    Raises:
        UserError: A suite's entry lacks a figure.
    """
    if not found:
        return []
    lines = []
    for suite, entry in found.items():
        require_keys(KEYS, entry, f"{file}: {suite}")
        low, high = entry["saved_ci"]
        saved = f"{100 * entry['saved']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        steps = f"{entry['without_map']:.1f}", f"{entry['with_map']:.1f}"
        lines.append([f"`{suite}`", *steps, saved, f"{entry['num_mazes']:,}"])
    header = ["suite", "without a map", "with it", "saved, %", "mazes"]
    return [f"{TEXT}\n{lay_out(header, lines, markdown=True)}\n"]
