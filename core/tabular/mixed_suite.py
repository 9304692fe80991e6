"""A mixture of rows of a table, for one agent that plays all of them."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

import torch

from ..errors import UserError
from ..registries.groups import SUITES
from ..types import Spaces
from ..validation import check, fixed
from .suite import TabularSuite, tabular_suites


@SUITES.register("mixed")
@dataclass
class MixedSuite:
    """Settings of a mixture of tabular suites; a training has environments of each.

    Each row keeps its own number of actions, states and steps, and every rollout has about as many
    steps of each. An evaluation is of one row.

    Attributes:
        rows: Names of suites and rows, such as bandits/k5_n10. Their privileged features must be
            of one kind: bandits, or MDPs.
        kind: Name of the suite.
    """

    has_success: ClassVar[bool] = False
    episodes_differ: ClassVar[bool] = False

    rows: list[str] = field(default_factory=list)
    kind: str = fixed("mixed")

    def __post_init__(self):
        check(self, "suite")
        if not self.rows:
            raise UserError("suite.rows is empty; name at least one row, such as bandits/k5_n10")
        for each in self.rows:
            if self.rows.count(each) > 1:
                raise UserError(f"suite.rows names {each} twice")
        kinds = {suite.kind for suite in self.suites}
        if len(kinds) > 1:
            raise UserError(
                f"suite.rows mix {' and '.join(sorted(kinds))}; they must be of one kind"
            )

    @property
    def suites(self) -> list[TabularSuite]:
        """The suite of each row.

        Raises:
            UserError: A name names no row.
        """
        suites = []
        for each in self.rows:
            kind, _, name = each.partition("/")
            if kind not in tabular_suites():
                known = " or ".join(tabular_suites())
                raise UserError(
                    f"suite.rows has {each!r}; it must be like bandits/k5_n10, of {known}"
                )
            suites.append(tabular_suites()[kind].from_name(name))
        return suites

    @property
    def row_kind(self) -> str:
        """Kind of the rows."""
        return self.suites[0].kind

    @property
    def name(self) -> str:
        """The rows' kind and number."""
        return f"{len(self.rows)} rows of {self.row_kind}"

    @property
    def description(self) -> str:
        """The tasks in words."""
        return f"fresh {self.row_kind}, {', '.join(each.name for each in self.suites)}"

    @property
    def spaces(self) -> Spaces:
        """Those of the first row."""
        return self.suites[0].spaces

    @property
    def horizon(self) -> int:
        """Most steps of an episode."""
        return max(each.horizon for each in self.suites)

    @property
    def episodes_per_trial(self) -> int:
        """Most episodes of a trial."""
        return max(each.episodes_per_trial for each in self.suites)

    @property
    def split(self) -> None:
        """There are no splits: tasks are drawn afresh."""
        return None

    @property
    def warning(self) -> None:
        """None: no valid settings are unusual."""
        return None

    def published(self) -> tuple[()]:
        """Empty: results are printed for single rows."""
        return ()

    def with_split(self, split: str, num_tasks: int) -> "MixedSuite":
        """The suite itself: every task is drawn afresh."""
        return self

    def with_episodes(self, episodes_per_trial: int) -> NoReturn:
        """Refused: each row has its own number."""
        self._refuse()

    def build(
        self, num_envs: int, device: torch.device | None, engine: Any, seed: int = 0
    ) -> NoReturn:
        """Refused: a training builds each row by itself."""
        self._refuse()

    def build_halves(self, num_envs: int, engine: Any) -> None:
        """None, as of each row."""
        return None

    def evaluation_trial(
        self,
        num_trials: int,
        num_envs: int,
        engine: Any,
        seed: int,
        device: torch.device | None = None,
    ) -> NoReturn:
        """Refused: an evaluation is of one row."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UserError(
            f"this is a mixture of rows, for training; choose one: suite={self.rows[0]}"
            + (f" or suite={self.rows[-1]}" if len(self.rows) > 1 else "")
        )
