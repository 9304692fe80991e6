"""A registry that the command line chooses from, GROUP=NAME, as from a folder of presets."""

import re

from ..errors import UserError
from .dotted import is_dotted
from .registry import Registry, dotted_name

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
VALUES = {"null", "true", "false", "nan", "inf"}  # Hydra reads them as such, in any case


class Group(Registry[type]):
    """Entries whose names Hydra takes, in an override and in a defaults list."""

    def add(self, name: str, entry: type) -> None:
        """See `Registry.add`.

        Raises:
            UserError: Also if the command line cannot choose the name.
        """
        fits = isinstance(name, str) and NAME.fullmatch(name) and name.lower() not in VALUES
        if not fits and not is_dotted(name):
            raise UserError(
                f"{dotted_name(self.source(entry))} cannot be the {self.kind} {name!r}: its name "
                "must begin with a letter, hold letters, digits, _, - and ., and be no value as "
                "null is"
            )
        super().add(name, entry)
