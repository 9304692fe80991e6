"""Suites from plain settings, such as those stored with an agent."""

from dataclasses import dataclass

import pytest

from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.groups import SUITES
from rl2_mazes.core.suite import suite_of


@pytest.mark.usefixtures("own_registries")
def test_settings_that_a_plug_in_refuses_are_named():
    @SUITES.register("choosy")
    @dataclass
    class Choosy(BanditSuite):
        kind: str = "choosy"

        def __post_init__(self):
            if self.num_arms != 5:
                raise ValueError("num_arms must be 5\nindeed")

    assert suite_of({"kind": "choosy", "num_arms": 5}).num_arms == 5
    with pytest.raises(UserError, match=r"wrong: num_arms must be 5$"):
        suite_of({"kind": "choosy", "num_arms": 6})
