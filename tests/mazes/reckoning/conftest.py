"""Fixtures of the tests of dead reckoning."""

import pytest
from support.motion import record


@pytest.fixture(scope="session")
def grid():
    """Several trials of every environment."""
    return record("grid", 200, 40)


@pytest.fixture(scope="session")
def new_starts():
    """The same, in trials whose episodes begin in two places by turns."""
    return record("grid", 300, 60, num_starts=2)
