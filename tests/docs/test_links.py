"""Links of all pages lead somewhere, and paths that pages name exist."""

import re
import unicodedata

import pytest
from support.pages import ROOT, pages, prose

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
IMAGE_LINK = re.compile(r"\[!\[[^\]]*\]\([^)\s]+\)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)*/(?:[\w.-]+\.(?:py|md|yaml|json|svg))?)`")
WRITTEN = (
    "runs/",
    "evaluation/",
    "tensorboard/",
    "wandb/",
    "checkpoints/",
    "history/",
    "build/",
)  # by programs
EXAMPLES = ("conf/suite/corridors/", "conf/learner/a2c.yaml", "conf/agent/memory/elman.yaml")
PAGES = pages()


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and MkDocs both make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    text = prose(page)
    broken = []
    for link in [*LINK.findall(text), *IMAGE_LINK.findall(text)]:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        found = target.exists() and target.is_relative_to(ROOT)
        if not found or (anchor and slug_missing(anchor, target)):
            broken.append(link)
    assert not broken


def slug_missing(anchor, target):
    return anchor not in {slug(heading) for heading in HEADING.findall(prose(target))}


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name != "CHANGELOG.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_paths_that_are_named_exist(page):
    named = {
        path
        for path in PATH.findall(prose(page))
        if not path.startswith(WRITTEN + EXAMPLES) and "NAME" not in path
    }
    missing = [
        path
        for path in sorted(named)
        if not (ROOT / path).exists() and not (page.parent / path).exists()
    ]
    assert not missing


def test_a_broken_link_is_found(tmp_path):
    text = "[a](missing.md) and [![b](c.png)](d.mp4)"
    assert LINK.findall(text) == ["missing.md", "c.png"]
    assert IMAGE_LINK.findall(text) == ["d.mp4"]
    assert slug("On a GPU (`experiment=a`)") == "on-a-gpu-experimenta"
