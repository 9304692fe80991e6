"""Fixtures of the tests of dead reckoning."""

import pytest
from support.motion import record


@pytest.fixture(scope="session")
def grid():
    """Several trials of every environment."""
    return record("grid", 200, 40)
