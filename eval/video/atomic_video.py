"""A film under way lies under another name: nobody ever sees half of one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def film_file(path: Path) -> Iterator[str]:
    """Gives a name to write to; what lies there becomes `path` if no error is raised inside.

    Args:
        path: Of the film; its folder must exist.

    Raises:
        OSError: The folder cannot be written to.
    """
    try:
        handle, part = tempfile.mkstemp(
            suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent
        )
    except OSError as error:
        raise OSError(f"cannot write a video into {path.parent}: {error.strerror}") from None
    os.close(handle)
    try:
        yield part
        os.chmod(part, 0o644)  # a temporary file is its owner's alone
        os.replace(part, path)
    finally:
        Path(part).unlink(missing_ok=True)
