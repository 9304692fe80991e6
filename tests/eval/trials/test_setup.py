"""The agent and the suite of an evaluation: ones that programs can measure."""

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.suite import Suite
from rl2_mazes.eval.adapters.loading import OutsideAgent
from rl2_mazes.eval.trials.setup import Subject, choose_suite, load_subject


def test_a_suite_of_a_plug_in_without_tables_is_an_error_that_names_the_way_to_measure():
    names = (*dir(Suite), *Suite.__annotations__)
    members = {name: print for name in names if not name.startswith("_")}  # never called
    corridors = type("Corridors", (), members | {"kind": "corridors", "has_success": True})()
    subject = Subject("my_agents:make_agent", object.__new__(OutsideAgent))
    with pytest.raises(ValueError, match=r"suite 'corridors' is neither .*run_trials"):
        choose_suite(subject, corridors, "test", 10)


@pytest.mark.parametrize("given", ["my_agents", "my_agents.py", "./my_agents.py"])
def test_a_module_is_no_agent_and_the_way_to_name_one_in_it_is_said(given, tmp_path, monkeypatch):
    (tmp_path / "my_agents.py").write_text("raise AssertionError\n")  # it is not imported
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"^{given} is a module; say agent=my_agents:Name"):
        load_subject(given)
