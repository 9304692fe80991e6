"""The gallery's page: what is filmed, as a record on disk and as Markdown that shows the films."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from ....core.errors import UserError
from ....core.files import write_text

RESET = "reset"
TITLES = {
    "best": "the trial that gained the most",
    "median": "the median trial",
    "worst": "the trial that gained the least",
    RESET: "the best trial's maze, with the memory reset between the episodes",
}
INTRODUCTION = """# Films

Episodes 1 and 2 of a trial, side by side from the same moment on: above what the agent sees, larger
than the 40x30 pixels it is given; below the map, which it is not given, with its way so far from
blue to red as time passes, and faintly the shortest way: on the grid there is none shorter;
walking, it is what a search found, and now and then an agent is a step quicker.

A trial's rank is its steps of episode 2 over those of episode 1, a failure counting as the horizon
(see `eval/trials/ranking.py`): one trial says little, so the worst stands beside the best. Every film was
shot in ViZDoom. This page was written by `rl2 gallery`; the pictures are links to larger
films (MP4).
"""


@dataclass(frozen=True)
class Film:
    """One film, as it is kept in films.json.

    Attributes:
        group: Heading: which agent in which mazes.
        about: What is to be known of all films of the group.
        rank: A key of `TITLES`.
        name: Of its files, without suffix: .mp4, .webp, and .png for a still.
        trial: Index among the trials.
        length: Steps of both episodes.
        success: Whether they reached the target.
        oracle: Steps of the shortest way, of both.
        paths: File of the group's ways from above; None in galleries from before there was one.
    """

    group: str
    about: str
    rank: str
    name: str
    trial: int
    length: list[int]
    success: list[bool]
    oracle: list[int]
    paths: str | None = None


def write_page(folder: Path, films: Sequence[Film]) -> Path:
    """Adds films to a gallery, in the place of earlier ones of the same group.

    Args:
        folder: The gallery's.
        films: Those that were shot; their files lie in the folder.

    Returns:
        The page.

    Raises:
        UserError: The folder's films.json is not a gallery's.
    """
    groups = {film.group for film in films}
    shown = [film for film in read_films(folder) if film.group not in groups] + list(films)
    write_text(folder / "films.json", json.dumps([asdict(film) for film in shown], indent=1))
    page = folder / "README.md"
    write_text(page, page_of(shown))
    return page


def read_films(folder: Path) -> list[Film]:
    """The films that a gallery has; none if there is no gallery yet."""
    record = folder / "films.json"
    if not record.is_file():
        return []
    try:
        return [Film(**entry) for entry in json.loads(record.read_text())]
    except (ValueError, TypeError):
        raise UserError(
            f"{record} is not a gallery's list of films; delete it or give another output_dir=..."
        ) from None


def page_of(films: Sequence[Film]) -> str:
    """The page as Markdown; films of a group must follow one another."""
    sections = [INTRODUCTION]
    by_group = groupby(films, lambda film: (film.group, film.about, film.paths))
    for (group, about, paths), of_group in by_group:
        sections.append(f"## {group}\n\n{about}\n")
        if paths is not None:
            sections.append(f"![The best and the worst trial from above]({paths})\n")
        sections += [_entry(film) for film in of_group]
    return "\n".join(sections)


def _entry(film: Film) -> str:
    title = TITLES[film.rank]
    return (
        f"### {title[0].upper()}{title[1:]}\n\n"
        f"{_story(film)}\n\n"
        f"[![Both episodes: {title}]({film.name}.webp)]({film.name}.mp4)\n"
    )


def _story(film: Film) -> str:
    """What is seen, in a sentence an episode."""
    sentences = [
        f"Episode {k + 1} reaches the target after {length} steps (the shortest way has {oracle})."
        if won
        else f"Episode {k + 1} does not find the target in {length} steps "
        f"(the shortest way has {oracle})."
        for k, (length, won, oracle) in enumerate(
            zip(film.length, film.success, film.oracle, strict=True)
        )
    ]
    return f"Trial {film.trial}. " + " ".join(sentences)
