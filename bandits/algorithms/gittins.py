"""Index policies: Gittins indices, which look ahead for each arm separately."""

import torch
from torch import Tensor

from ...core.errors import UserError
from ..gittins_index import (
    DEPTH,
    closed_form,
    discounted_table,
    finite_horizon_rows,
    finite_horizon_table,
)
from ..suite import BanditSuite
from . import ALGORITHMS
from .base import ArmAgent, Counts

DISCOUNTS = (0.9, 0.99, 0.999, 0.9999)
VARIANTS = [f"{kind}_{discount}" for kind in ("table", "closed") for discount in DISCOUNTS]


def _need_bernoulli(name: str, suite: BanditSuite) -> None:
    if suite.family != "bernoulli":
        raise UserError(
            f"algorithm {name!r} has indices for family 'bernoulli' only, not {suite.family!r}; "
            "name others: algorithms=[random,thompson,ucb1]"
        )


@ALGORITHMS.algorithm("gittins", "Gittins", tunes="variant", grid=VARIANTS)
class Gittins(ArmAgent):
    """Index: the discounted Gittins index (Gittins 1979), see `bandits.gittins_index`.

    As in the paper's code, tuning chooses among tables by backward induction and a closed form, at
    four discounts each.

    Args:
        suite: Settings of the bandits.
        variant: `table_<discount>` or `closed_<discount>`.
        device: Device of the counts.
    """

    def __init__(
        self,
        suite: BanditSuite,
        variant: str = "table_0.99",
        device: torch.device | str = "cpu",
    ):
        super().__init__(suite, device)
        _need_bernoulli("gittins", suite)
        kind, _, discount = variant.partition("_")
        try:
            self.discount = float(discount)
        except ValueError:
            self.discount = -1.0
        if kind not in ("table", "closed") or not 0 < self.discount < 1:
            raise UserError(
                f"variant is {variant!r}; it must be table_<discount> or closed_<discount>, "
                "like table_0.99"
            )
        self.table = None
        if kind == "table":
            depth = max(DEPTH, suite.num_pulls)
            self.table = discounted_table(self.discount, depth).to(self.device)

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """Index of each arm by its pulls and wins."""
        if self.table is None:
            return closed_form(counts.total, counts.pulls - counts.total, self.discount)
        return self.table[counts.pulls.long(), counts.total.long()]


@ALGORITHMS.algorithm("gittins_finite", "Gittins, finite horizon", anytime=False)
class FiniteHorizonGittins(ArmAgent):
    """Index: the finite-horizon Gittins index for the pulls left (Kaufmann 2018)."""

    def __init__(self, suite: BanditSuite, device: torch.device | str = "cpu"):
        super().__init__(suite, device)
        _need_bernoulli("gittins_finite", suite)
        self.table = finite_horizon_table(suite.num_pulls).to(self.device)
        self.rows = torch.tensor(finite_horizon_rows(suite.num_pulls), device=self.device)

    def index(self, counts: Counts, rng: torch.Generator) -> Tensor:
        """Index of each arm by the pulls left, its pulls and its wins."""
        pulls = counts.pulls.long()
        row = self.rows[self.suite.num_pulls - pulls.sum(1, keepdim=True)]
        return self.table[row + pulls * (pulls + 1) // 2 + counts.total.long()]
