"""Weights that are not installed: fetched by name, checked against the sum in their card.

A wheel holds the cards of all agents and the weights of few, listed in pyproject.toml. The others
come from the folder or the address in RL2_MAZES_PRETRAINED_URL, laid out as `agents/pretrained` of
a checkout, and are kept in the user's cache folder:

    RL2_MAZES_PRETRAINED_URL=~/rl2_mazes/agents/pretrained rl2-eval agent=pretrained/walk_small
    RL2_MAZES_PRETRAINED_URL=https://example.org/pretrained rl2-eval agent=pretrained/walk_small
"""

import hashlib
import os
import sys
from http.client import HTTPException
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from ...core.errors import UserError
from ...core.storage.files import write_bytes
from ...core.storage.user_cache import cache_folder

VARIABLE = "RL2_MAZES_PRETRAINED_URL"
SCHEMES = ("https://", "http://", "file://")
TIMEOUT = 30  # seconds without an answer
SOURCES = f"a checkout has all agents; set {VARIABLE} to its agents/pretrained, or to an address"


def downloaded_folder() -> Path:
    """The folder of fetched weights, laid out as `agents/pretrained`."""
    return cache_folder() / "pretrained"


def download(name: str, sha256: str, most_bytes: int) -> Path:
    """The weights file of an agent, fetched unless the cache has it.

    Args:
        name: Path below the folder of pretrained agents, such as walk_small/seed_1.
        sha256: Of the file, from the agent's card.
        most_bytes: Size at which reading ends.

    Raises:
        UserError: No source is set, it cannot be read, or it has another file under that name.
    """
    target = downloaded_folder() / f"{name}.safetensors"
    if target.is_file() and _sha256(target.read_bytes()) == sha256:
        return target
    base = os.environ.get(VARIABLE)
    if not base:
        raise UserError(f"the weights of pretrained/{name} are not installed; {SOURCES}")
    source = f"{base.rstrip('/')}/{name}.safetensors"
    content = _read(source, name, most_bytes)
    if _sha256(content) != sha256:
        raise UserError(
            f"{source} is not pretrained/{name}: its sha256 is not the card's; {SOURCES} of this "
            "version"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{target.parent} cannot be made ({error.strerror}); set RL2_MAZES_CACHE to a folder "
            "that can be written to"
        ) from error
    write_bytes(target, content)
    print(f"fetched pretrained/{name}, {len(content):,} bytes, from {base}", file=sys.stderr)
    return target


def _read(source: str, name: str, most_bytes: int) -> bytes:
    """Content of a file or an address, up to one byte more than it may have."""
    try:
        if source.startswith(SCHEMES):
            scheme, _, rest = source.partition("://")
            with urlopen(f"{scheme}://{quote(rest, safe='/:@?=&%')}", timeout=TIMEOUT) as opened:
                return opened.read(most_bytes + 1)
        with Path(source).expanduser().open("rb") as file:
            return file.read(most_bytes + 1)
    except (OSError, HTTPException, ValueError) as error:  # urllib's own errors are of OSError
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise UserError(
            f"pretrained/{name} cannot be fetched from {source} ({reason}); {SOURCES}"
        ) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
