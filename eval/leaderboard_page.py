"""Main program: the leaderboard, generated from submissions.

    rl2 leaderboard               # writes docs/leaderboard.md
    rl2 leaderboard check=true    # checks the submissions and the page; a line for each fault

`rl2-eval ... submit=true` writes a submission into results/leaderboard.
"""

if __name__ == "__main__":
    from ..core.programs import run_module

    run_module("leaderboard")

from dataclasses import dataclass
from pathlib import Path

from ..core import cli
from ..core.storage.files import write_text
from .leaderboard import submission
from .leaderboard.check import check_all
from .leaderboard.page import page
from .leaderboard.submission import files, read_submission

PAGE = Path(__file__).parents[1] / "docs" / "leaderboard.md"


@dataclass
class LeaderboardConfig:
    """Keys of rl2 leaderboard.

    Attributes:
        check: Whether to check the submissions and the page instead of writing it; exit code 1 if
            there is a fault.
        folder: Folder of the submissions; if not given, results/leaderboard.
        page: File of the page; if not given, docs/leaderboard.md.
    """

    check: bool = False
    folder: str | None = None
    page: str | None = None


def main() -> int | None:
    """Entry point; returns the exit code."""
    return cli.run("leaderboard", LeaderboardConfig, run)


def run(settings: LeaderboardConfig) -> int:
    """Write the page, or check it and all submissions."""
    folder = Path(settings.folder or submission.FOLDER)
    file = Path(settings.page or PAGE)
    found = files(folder)
    if not settings.check:
        write_text(file, page([read_submission(each) for each in found]))
        print(file)
        return 0
    lines = check_all(found, sorted(folder.glob("*.npz")))
    if not lines and (not file.is_file() or file.read_text(encoding="utf-8") != _text(found)):
        lines.append(f"{file.name} is not what the submissions give; run rl2 leaderboard")
    print("\n".join(lines) or f"{len(found)} submissions and {file.name} are as they should be")
    return int(bool(lines))


def _text(found: list[Path]) -> str:
    return page([read_submission(each) for each in found])
