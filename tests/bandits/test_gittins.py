import pytest
import torch

from rl2_mazes.bandits import gittins_index
from rl2_mazes.bandits.algorithms.gittins import FiniteHorizonGittins, Gittins
from rl2_mazes.bandits.gittins_index import (
    closed_form,
    discounted_table,
    finite_horizon_rows,
    finite_horizon_table,
    triangle,
)
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.tabular import cache as table_cache


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RL2_MAZES_CACHE", str(tmp_path))
    return tmp_path


def test_discounted_indices_are_the_printed_ones():
    # Gittins 1989, table for discount .9: (1, 1), then one more win, then one more loss.
    table = discounted_table(0.9, depth=200)
    assert table[0, 0].item() == pytest.approx(0.7029, abs=2e-4)
    assert table[1, 1].item() == pytest.approx(0.8001, abs=2e-4)
    assert table[1, 0].item() == pytest.approx(0.5001, abs=2e-4)


def test_the_closed_form_is_close():
    table = discounted_table(0.99, depth=300)
    pulls = torch.arange(10, 30)
    wins = pulls // 2
    near = closed_form(wins, pulls - wins, 0.99)
    torch.testing.assert_close(near, table[pulls, wins], atol=0.03, rtol=0)


def test_finite_horizon_indices_by_hand():
    # One pull left: the mean. Two left, nothing seen: pull at cost l, pull again after a win only:
    # (1/2 - l) + 1/2 (2/3 - l) = 0 at l = 5/9.
    table, rows = finite_horizon_table(2), finite_horizon_rows(2)
    assert len(table) == triangle(2) + triangle(1)
    assert table[rows[2]].item() == pytest.approx(5 / 9, abs=1e-3)
    assert table[rows[1] : rows[1] + 3].tolist() == pytest.approx([1 / 2, 1 / 3, 2 / 3], abs=1e-3)


def test_finite_horizon_indices_grow_with_the_pulls_left():
    table, rows = finite_horizon_table(30), finite_horizon_rows(30)
    nothing_seen = torch.stack([table[rows[left]] for left in range(1, 31)])
    assert (nothing_seen.diff() > 0).all()


def test_too_large_a_table_is_an_error_with_its_size():
    with pytest.raises(ValueError, match=r"num_pulls is 5000.*GiB"):
        finite_horizon_table(5000)


def test_a_damaged_cache_is_computed_again(cache_folder):
    table = discounted_table(0.9, depth=20)
    (path,) = cache_folder.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert torch.equal(discounted_table(0.9, depth=20), table)
    assert torch.equal(table_cache.cached(path.stem, lambda: pytest.fail("not read")), table)
    assert [p.name for p in cache_folder.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_written_is_ignored(monkeypatch, cache_folder):
    (cache_folder / "file").touch()
    monkeypatch.setenv("RL2_MAZES_CACHE", str(cache_folder / "file" / "below"))
    assert discounted_table(0.9, depth=5)[0, 0] > 0.5


def test_wrong_variants_and_families_are_errors():
    with pytest.raises(ValueError, match="variant is 'table'"):
        Gittins(BanditSuite(), variant="table")
    for agent in (Gittins, FiniteHorizonGittins):
        with pytest.raises(ValueError, match="gaussian"):
            agent(BanditSuite(family="gaussian"))


def test_table_depth_follows_long_trials(monkeypatch):
    monkeypatch.setattr("rl2_mazes.bandits.algorithms.gittins.DEPTH", 10)
    monkeypatch.setattr(gittins_index, "LAMBDAS", 11)
    table = Gittins(BanditSuite(num_pulls=20), variant="table_0.9").table
    assert table is not None
    assert table.shape == (21, 21)
