"""The Markdown pages of the checkout, and the code in them."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
INCLUDE = re.compile(r'^--8<-- "([^"]+)"$', re.M)
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block of code: the line that it starts on, its language, its text."""

    line: int
    language: str
    text: str


def pages() -> list[Path]:
    """All Markdown files of the checkout that git tracks, or would track."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return sorted({ROOT / name for name in names if name and (ROOT / name).is_file()})


def blocks(page: Path, *languages: str) -> list[Block]:
    """The fenced blocks of a page in one of the languages, with the files that they include."""
    text = page.read_text(encoding="utf-8")
    found = [
        Block(text.count("\n", 0, match.start(2)) + 1, match[1], included(match[2]))
        for match in FENCE.finditer(text)
    ]
    return [block for block in found if block.language in languages]


def included(text: str) -> str:
    """Text with each line `--8<-- "FILE"` replaced by the file, as pymdownx.snippets does."""
    return INCLUDE.sub(lambda match: (ROOT / match[1]).read_text(encoding="utf-8"), text)


def prose(page: Path) -> str:
    """A page's text without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))
