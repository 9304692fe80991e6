"""Every rename that the programs know of is in CHANGELOG.md."""

import re

import pytest
from support.pages import ROOT

from rl2_mazes.core import renamed

TABLES = [
    name for name, value in vars(renamed).items() if isinstance(value, dict) and name.isupper()
]


@pytest.mark.parametrize("table", TABLES)
def test_renames_are_listed(table):
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    listed = {
        (old, new)
        for row in rows
        for old in re.findall(r"`([^`]+?)=?`", row[1])
        for new in re.findall(r"`([^`]+?)=?`", row[2])
    }
    missing = [pair for pair in getattr(renamed, table).items() if pair not in listed]
    assert not missing
