"""The meanings of keys, from the docstrings of their dataclasses."""

import inspect
import re


def meanings(schema: type) -> dict[str, str]:
    """The entries of the class's `Attributes`, by name.

    A base class's come first; a key that both describe has the class's own meaning.
    """
    found = {}
    for each in reversed(schema.__mro__):
        found |= _attributes(each)
    return found


def _attributes(schema: type) -> dict[str, str]:
    """Name and text of each entry below `Attributes:`."""
    _, _, section = inspect.cleandoc(schema.__doc__ or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.+(?:\n {5,}.+)*)", section, re.M)
    return {name: " ".join(text.split()) for name, text in entries}
