"""Files that are complete or absent: written under a temporary name, flushed to disk, renamed.

Text is UTF-8 whatever the locale. An error of the file system names the file, as a `UserError`.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import UserError

MOST_LINKS = 40  # in a row, as in Linux
_TEMPORARY = re.compile(r"\..+-[0-9a-f]{8}(\.\w+)?")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file that takes the name `path` when the block ends without an error.

    Args:
        path: File to write or to replace; its folder must exist.

    Yields:
        The path to write to, with the suffix of `path`.

    Raises:
        UserError: It cannot be written; what was there before is unchanged.
    """
    partial = _temporary(path)
    with naming(path):
        try:
            partial.touch()  # an error now rather than after the work of the block
            yield partial
            _flush(partial)
            os.replace(partial, path)
            _flush(path.parent)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A temporary folder of files that takes the name `path`, see `replacing`."""
    partial = _temporary(path)
    with naming(path):
        try:
            partial.mkdir(parents=True)
            yield partial
            for file in partial.iterdir():
                _flush(file)
            shutil.rmtree(path, ignore_errors=True)
            os.replace(partial, path)
            _flush(path.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, see `replacing`."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a binary file, see `replacing`."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def read_text(path: Path) -> str:
    """Read a text file.

    Raises:
        UserError: It is missing or cannot be read.
    """
    with naming(path, "read"):
        return path.read_text(encoding="utf-8")


@contextmanager
def naming(path: Path, verb: str = "written") -> Iterator[None]:
    """Turn errors of the file system inside the block into a `UserError` that names the file."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be {verb} ({error.strerror or error})") from error


def through_links(path: Path) -> list[Path]:
    """A path, those that it leads through if it is a link, and the real one at the end."""
    found = [Path(os.path.abspath(path))]
    while found[-1].is_symlink() and len(found) < MOST_LINKS:
        found.append(Path(os.path.abspath(found[-1].parent / found[-1].readlink())))
    return list(dict.fromkeys([*found, Path(os.path.realpath(path))]))


def require_name(key: str, name: str) -> None:
    """Check a name that becomes a path below a folder of this project.

    Raises:
        UserError: It is absolute, leads upwards, or holds characters beyond letters, digits and
            `. _ + -`, with / between the parts.
    """
    parts = name.split("/")
    if not all(re.fullmatch(r"[\w.+-]+", part) and part.strip(".") for part in parts):
        raise UserError(
            f"{key} is {name!r}; it must be of letters, digits and . _ + -, with / between parts, "
            "and lead neither upwards nor to the root"
        )


def remove_partial(folder: Path) -> None:
    """Remove what killed processes have left under temporary names, see `replacing`.

    Args:
        folder: Nothing else may be writing into it; it need not exist.
    """
    for path in folder.glob(".*"):
        if _TEMPORARY.fullmatch(path.name):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders, innermost first, up to the first that holds something."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")


def _flush(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, would survive a loss of power."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
