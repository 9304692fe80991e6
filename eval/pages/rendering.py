"""Web pages from templates, which stand beside the modules that fill them."""

import re
from importlib.resources import files
from typing import Any

OWN = "rl2_mazes.eval.pages"


def render(package: str | None, template: str, **values: Any) -> str:
    """A page as HTML, in the layout and the style of all pages.

    Args:
        package: Of the template: the `__package__` of the caller.
        template: A file's name there. It extends `base.html`, and may take from `parts.html`.
        values: For its names; a name without one is an error.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package or "", ""), PackageLoader(OWN, "")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typographic"] = typographic
    style = files(OWN).joinpath("style.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(style=style, **values)


def typographic(text: str) -> str:
    """The text with a minus sign in place of each hyphen before a number."""
    return re.sub(r"(?<![\w=-])-(?=\d)", "\N{MINUS SIGN}", text)
