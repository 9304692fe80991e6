"""Values of a wrong type: the key, the value and what it must be, in the words of the command."""

import sys
from dataclasses import dataclass, field

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rl2_mazes.agents import train
from rl2_mazes.core.cli.value_errors import of_omegaconf
from rl2_mazes.core.errors import UserError
from rl2_mazes.eval import tables


@dataclass
class Size:
    """Of a page, a group within the settings."""

    width: int = 3


@dataclass
class Settings:
    """Settings of every type that the programs have.

    Attributes:
        name: Folder of the page. Others are never read.
    """

    name: str
    title: str = ""
    number: float = 0.5
    most: int | None = None
    shown: bool = True
    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    layers: list[list[int]] = field(default_factory=list)
    size: Size = field(default_factory=Size)


@dataclass
class Inked:
    """Settings that check a text."""

    ink: str = "black"

    def __post_init__(self):
        if self.ink not in ("black", "red"):
            raise UserError(f"ink is {self.ink}; it must be black or red")


def made(change, schema):
    config = OmegaConf.structured(schema)
    for key, value in change.items():
        OmegaConf.update(config, key, value, merge=True)  # as Hydra does
    return OmegaConf.to_object(config)


def line_of(change, given=(), schema=Settings):
    with pytest.raises(OmegaConfBaseException) as refused:
        made(change, schema)
    return of_omegaconf(refused.value, given)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "name is missing; give name=... (Folder of the page)"),
        ({"name": None}, "name is null; it must be a name or text (Folder of the page)"),
        ({"title": None}, "title is null; it must be a name or text"),
        ({"number": "fast"}, "number is fast; it must be a number"),
        ({"number": ""}, "number is ''; it must be a number"),
        ({"most": 1.5}, "most is 1.5; it must be a whole number, or null"),
        ({"shown": "a\nb"}, r"shown is a\nb; it must be true or false"),
        ({"names": "k5_n10"}, "names is k5_n10; it must be a list of names: names=[k5_n10]"),
        ({"names": None}, "names is null; it must be a list of names"),
        ({"names": {"a": 1}}, "names has another type; it must be a list of names"),
        ({"sizes": 3}, "sizes is 3; it must be a list of whole numbers: sizes=[3]"),
        ({"sizes": True}, "sizes is true; it must be a list of whole numbers"),
        ({"sizes": "a"}, "sizes is a; it must be a list of whole numbers"),
        ({"sizes": [1, "a"]}, "sizes has a; it must be a list of whole numbers"),
        ({"shares": 1}, "shares is 1; it must be a list of numbers: shares=[1]"),
        ({"layers": 3}, "layers is 3; it must be a list of lists of whole numbers"),
        ({"size": 3}, "size is 3; it must be a group of settings: size.KEY=..."),
        ({"size": {"width": "a"}}, "size.width is a; it must be a whole number"),
        ({"other": 3}, "other: Key 'other' not in 'Settings'"),
    ],
)
def test_a_line_names_the_key_the_value_and_the_type(change, line):
    assert line_of(change) == line


def test_a_class_that_checks_a_text_says_the_rule_itself():
    for value, shown in ((None, "null"), (["red"], "['red']")):
        line = line_of({"ink": value}, schema=Inked)
        assert line == f"ink is {shown}; it must be black or red"


@pytest.mark.parametrize(("words", "said"), [(50, True), (51, False)])
def test_a_long_meaning_is_left_to_the_help(words, said, monkeypatch):
    text = " ".join(["word"] * words)
    monkeypatch.setattr(Settings, "__doc__", f"Settings.\n\nAttributes:\n    name: {text}.")
    assert line_of({}).endswith(f" ({text})" if said else "give name=...")


def test_the_value_is_shown_as_it_was_given():
    given = ["sizes=[1]", "names={a:1}"]
    assert line_of({"names": {"a": 1}}, given) == "names is {a:1}; it must be a list of names"
    assert line_of({"layers": [1]}, ["layers=[1]"]) == "layers is [1]; it must be a list of lists"
    two = ["layers=[1]", "sizes=[2]"]  # of which OmegaConf does not say
    assert line_of({"layers": [1]}, two).startswith("layers, sizes: Invalid value assigned")


def error_of(monkeypatch, capsys, main, *arguments):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    monkeypatch.setattr(sys, "argv", ["program", *arguments])
    with pytest.raises(SystemExit):
        main()
    return capsys.readouterr().err


def test_programs_name_the_choices(monkeypatch, capsys):
    null = ("suite=bandits/k5_n10", "suite.family=null")
    error = error_of(monkeypatch, capsys, train.main, *null)
    assert error == "error: suite.family is null; it must be one of ['bernoulli', 'gaussian']\n"
    error = error_of(monkeypatch, capsys, tables.main, "suite=[bandits]")
    assert error == "error: suite is [bandits]; it must be one of ['bandits', 'mdps']\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dense_size: x", "agent.dense_size is x; it must be a whole number"),
        ("aux: null", "agent.aux is null; it must be one of none, privileged, dead_reckoning, hi"),
        ("fusion_sizes: null", "agent.fusion_sizes is null; it must be a list of whole numbers"),
        ("memory: 3", "Merge error: int is not a subclass of GRUSettings. value: 3"),
    ],
)
def test_presets_are_named(monkeypatch, capsys, tmp_path, text, line):
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "mine.yaml").write_text(f"defaults: [rl2, _self_]\n{text}\n")
    own = ("agent=mine", "suite=bandits/k5_n10", "--config-dir", str(tmp_path))
    error = error_of(monkeypatch, capsys, train.main, *own)
    assert error.startswith(f"error: preset agent/mine: {line}")
    assert error.count("\n") == 1
