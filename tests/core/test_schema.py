"""Files of another shape end in one line that names the file and the key."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.storage.files import require_name
from rl2_mazes.core.storage.run_folder import read_metrics
from rl2_mazes.core.storage.schema import parse, read_json, read_yaml


@dataclass
class Record:
    name: str
    steps: int
    share: float = 0.5
    commits: str | list[str] | None = None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@given(JSON | st.fixed_dictionaries({"name": JSON, "steps": JSON}, optional={"share": JSON}))
def test_whatever_is_read_is_a_record_or_one_line(data):
    problem, record = "file.json", None
    try:
        record = parse(Record, data, "file.json")
    except UserError as error:
        problem = str(error)
    assert problem.startswith("file.json")
    assert len(problem.splitlines()) == 1
    assert record is None or (isinstance(record.name, str) and isinstance(record.steps, int))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], r"f is \[\]; it must be an object"),
        ({"name": "a"}, "f lacks steps"),
        ({"name": "a", "steps": "5"}, "f: steps is '5'; it must be a whole number"),
        ({"name": "a", "steps": True}, "f: steps is True; it must be a whole number"),
        ({"name": "a", "steps": 5, "more": 1}, "f has an unknown key more"),
        (
            {"name": "a", "steps": 5, "commits": 3},
            "f: commits is 3; it must be text or a list or null",
        ),
    ],
)
def test_errors_name_the_key(data, message):
    with pytest.raises(UserError, match=message):
        parse(Record, data, "f")


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": 1', "\x00", "[" * 5000 + "]" * 5000, '{"a":' * 90 + "1" + "}" * 90]
)
def test_damaged_json_names_the_file(tmp_path, text):
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(UserError, match=r"x\.json is damaged"):
        read_json(file)


def test_yaml_that_holds_itself_is_damaged(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("a: &a\n  b: *a\n")
    with pytest.raises(UserError, match=r"config\.yaml is damaged"):
        read_yaml(file)


@pytest.mark.parametrize("line", ["5", "[]", '{"steps": null}', '{"steps": 1, "x": "y"}'])
def test_a_strange_line_of_metrics_is_named(tmp_path, line):
    file = tmp_path / "metrics.jsonl"
    file.write_text(json.dumps({"steps": 1, "loss": 0.5}) + "\n" + line + "\n")
    with pytest.raises(UserError, match=r"metrics\.jsonl, line 2"):
        read_metrics(file)


@pytest.mark.parametrize("name", ["../x", "a/../b", "/a", "a\nb", "", ".", "a//b", "a/", "a b"])
def test_names_stay_below_their_folder(name):
    require_name("name", "walk_small-2.0/seed_0")
    with pytest.raises(UserError, match="name is"):
        require_name("name", name)
