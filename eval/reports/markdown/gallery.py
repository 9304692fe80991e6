"""Page of the gallery: a record of its films on disk, and Markdown that shows them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

from ....core.errors import UserError
from ....core.storage.files import write_text
from ....core.storage.schema import SchemaError, parse, read_json

RESET = "reset"
TITLES = {
    "best": "the trial with the lowest length ratio",
    "median": "the median trial",
    "worst": "the trial with the highest length ratio",
    RESET: "the best trial's maze, with the memory reset between the episodes",
}
INTRODUCTION = """# Films

Episodes 1 and 2 of a trial, side by side and from the same moment on. Above: the agent's view, in
more than the 40x30 pixels of its observation. Below: the map, which the agent does not see, with
its path so far, from blue to red over time, and the shortest path, faint. On the grid no path is
shorter; in walking mazes a search found it, and now and then an agent is a step faster.

Trials are ranked by their length ratio, steps of episode 2 over steps of episode 1, where a failure
takes the horizon (`eval/trials/ranking.py`). One trial says little, so the worst is shown beside
the best. All films are recorded in ViZDoom. A picture that does not move links to its film (MP4).

This page, `films.json`, films, stills and maps are written by `rl2 gallery`: each section names its
command. `mazes.png`, the texture sets, is written by `rl2 textures path=videos/mazes.png`.
"""


@dataclass(frozen=True)
class Film:
    """A film, as recorded in films.json.

    Attributes:
        group: Heading: the agent and its mazes.
        about: Introduction to the films of the group.
        rank: A key of `TITLES`.
        name: Name of its files, without ending.
        trial: Index of the trial.
        length: Steps of both episodes.
        success: Whether each reached the target.
        shortest: Steps of the shortest path, of both.
        paths: Map of the group's paths; None in galleries that have none.
        format: mp4, which has a still beside it, or webp, which pages show inline.
        command: Command that recorded the group.
    """

    group: str
    about: str
    rank: str
    name: str
    trial: int
    length: list[int]
    success: list[bool]
    shortest: list[int]
    paths: str | None = None
    format: str = "mp4"
    command: str = ""

    @property
    def file(self) -> str:
        """Name of the film's file."""
        return f"{self.name}.{self.format}"

    @property
    def still(self) -> str | None:
        """Name of the still's file; None for a WebP."""
        return f"{self.name}_still.webp" if self.format == "mp4" else None

    @property
    def other_files(self) -> list[str]:
        """Names of the files that the same film has in the other format."""
        other = replace(self, format="webp" if self.format == "mp4" else "mp4")
        return [name for name in (other.file, other.still) if name is not None]


def write_page(folder: Path, films: Sequence[Film]) -> Path:
    """Add films to a gallery; they replace those of the same group.

    Args:
        folder: Folder of the gallery, which holds the films' files.
        films: The new films.

    Returns:
        Path of the page.

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
    """Films of a gallery; none if there is no gallery yet."""
    record = folder / "films.json"
    if not record.is_file():
        return []
    try:
        return parse(list[Film], read_json(record), str(record))
    except SchemaError as error:
        raise UserError(
            f"{record} is not a gallery's list of films; delete it or give another output_dir=..."
        ) from error


def page_of(films: Sequence[Film]) -> str:
    """The page as Markdown; films of a group must be adjacent."""
    sections = [INTRODUCTION]
    by_group = groupby(films, lambda film: (film.group, film.about, film.command, film.paths))
    for (group, about, command, paths), of_group in by_group:
        sections.append(f"## {group}\n\n{about}\n")
        if command:
            sections.append(f"```\n{command}\n```\n")
        if paths is not None:
            sections.append(f"![Paths of the best and the worst trial]({paths})\n")
        sections += [_entry(film) for film in of_group]
    return "\n".join(sections)


def _entry(film: Film) -> str:
    title = TITLES[film.rank]
    picture = f"![Both episodes: {title}]({film.still or film.file})"
    if film.still is not None:
        picture = f"[{picture}]({film.file})"
    return f"### {title[0].upper()}{title[1:]}\n\n{_story(film)}\n\n{picture}\n"


def _story(film: Film) -> str:
    """The trial in one sentence per episode."""
    sentences = [
        f"Episode {k + 1} reaches the target after {length} steps (shortest path: {shortest})."
        if won
        else f"Episode {k + 1} does not find the target in {length} steps "
        f"(shortest path: {shortest})."
        for k, (length, won, shortest) in enumerate(
            zip(film.length, film.success, film.shortest, strict=True)
        )
    ]
    return f"Trial {film.trial}. " + " ".join(sentences)
