"""The user's own folder of presets, `--config-dir`: its names beside ours."""

from pathlib import Path

from ..errors import UserError
from .composition import CONF


def require_other_names(own: Path) -> None:
    """Raise unless every preset in a folder has a name that none of the project's has.

    Hydra takes the first of two files of one name, which is ours, and says nothing.

    Raises:
        UserError: A preset has the name of one of ours.
    """
    if own.resolve() == CONF.resolve():
        return
    for ours in sorted(CONF.glob("*/**/*.yaml")):
        theirs = own / ours.relative_to(CONF)
        if theirs.is_file():
            raise UserError(
                f"{theirs} has the name of our preset {ours}, which is taken instead; rename it"
            )
