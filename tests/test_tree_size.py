"""Size of the checkout: weights and films are in the tree, and a light one clones fast."""

import pytest

from rl2_mazes.benchmarks.house import ROOT, tracked_files

MOST_BYTES = 35_000_000


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_tracked_files_are_at_most_35_megabytes():
    sizes = {path: (ROOT / path).stat().st_size for path in tracked_files()}
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:5]
    assert sum(sizes.values()) <= MOST_BYTES, f"the largest files are {[str(p) for p in largest]}"
