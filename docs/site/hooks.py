"""MkDocs hooks: files outside docs/ that the pages link to become part of the site.

On GitHub a page links to `../RESULTS.md` or `../mazes/rules.py` in the checkout. MkDocs only knows
files below docs/. These hooks add every file that a link leads to: Markdown as a page, all else as
it is (source code as text). They then rewrite the links.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"^(```.*?^```|~~~.*?^~~~)", re.M | re.S)
TEXT = {".py", ".yaml", ".yml", ".toml", ".cff", ""}  # shown as text instead of downloaded
SOURCE = ROOT / "build" / "docs" / "rl2_mazes"  # mkdocs.yml has mkdocstrings look there


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Link the package's own files into a folder, for mkdocstrings to read.

    The checkout is the package, so that its folder also holds `.venv/` and `runs/`.
    """
    SOURCE.mkdir(parents=True, exist_ok=True)
    packages = (path.parent for path in ROOT.glob("*/__init__.py"))
    for path in (ROOT / "__init__.py", *packages):
        link = SOURCE / path.name
        if not link.exists():
            link.symlink_to(path)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what the pages link to outside docs/, and what those files link to in turn."""
    queue = list(entries(config.nav))
    for file in files.documentation_pages():
        queue += links(f"docs/{file.src_uri}", file.content_string)
    seen = set()
    while queue:
        path = queue.pop()
        if path in seen or path.startswith("docs/") or not (ROOT / path).is_file():
            continue
        seen.add(path)
        files.append(File.generated(config, uri(path), abs_src_path=str(ROOT / path)))
        if path.endswith(".md"):
            queue += links(path, (ROOT / path).read_text(encoding="utf-8"))
    return files


def entries(nav: object) -> list[str]:
    """The files that the navigation names, at any depth."""
    if isinstance(nav, dict):
        nav = list(nav.values())
    return [each for part in nav for each in entries(part)] if isinstance(nav, list) else [str(nav)]


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite a page's links to where the hook above has put the files."""
    outside = page.file.generated_by is not None
    source = page.file.src_uri if outside else f"docs/{page.file.src_uri}"

    def rewritten(match: re.Match[str]) -> str:
        target = resolved(source, match[2])
        if target is None:
            return match[0]
        within = target.removeprefix("docs/") if target.startswith("docs/") else uri(target)
        return match[1] + posixpath.relpath(within, posixpath.dirname(page.file.src_uri)) + match[3]

    parts = FENCE.split(markdown)
    return "".join(part if FENCE.match(part) else LINK.sub(rewritten, part) for part in parts)


def links(page: str, text: str) -> set[str]:
    """The files of the checkout that a page links to, as paths from its root."""
    targets = (resolved(page, match[2]) for match in LINK.finditer(FENCE.sub("", text)))
    return {target for target in targets if target is not None}


def resolved(page: str, link: str) -> str | None:
    """A link's target as a path from the checkout's root; None for other sites."""
    if re.match(r"[a-z]+:", link):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))


def uri(path: str) -> str:
    """The path in the site of a file outside docs/."""
    return f"{path}.txt" if posixpath.splitext(path)[1] in TEXT else path
