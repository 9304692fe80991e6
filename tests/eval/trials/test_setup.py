"""The suite of an evaluation: one that programs can measure."""

import pytest

from rl2_mazes.core.suite import Suite
from rl2_mazes.eval.adapters.loading import OutsideAgent
from rl2_mazes.eval.trials.setup import Subject, choose_suite


def test_a_suite_of_a_plug_in_without_tables_is_an_error_that_names_the_way_to_measure():
    names = (*dir(Suite), *Suite.__annotations__)
    members = {name: print for name in names if not name.startswith("_")}  # never called
    corridors = type("Corridors", (), members | {"kind": "corridors", "has_success": True})()
    subject = Subject("my_agents:make_agent", object.__new__(OutsideAgent))
    with pytest.raises(ValueError, match=r"suite 'corridors' is neither .*run_trials"):
        choose_suite(subject, corridors, "test", 10)
