"""Names of objects outside the project: found, or which part is wrong."""

import pytest

from rl2_mazes.core.errors import UserError
from rl2_mazes.core.registries.dotted import is_dotted, load, load_module, search_here


@pytest.fixture
def package(outside):
    """A package `far_away` in the current folder."""
    package = outside / "far_away"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "agents.py").write_text("class Walker:\n    def make(self): ...\nSPEED = 3\n")
    (package / "broken.py").write_text("raise RuntimeError('no weights\\nhere')\n")
    (package / "odd.py").write_text("\n1 +\n")
    (package / "needy.py").write_text("import no_such_dependency\n")
    (package / "script.py").write_text("raise SystemExit(3)\n")


@pytest.mark.usefixtures("package")
def test_an_object_in_the_current_folder():
    assert load("far_away.agents:SPEED") == 3
    assert load("far_away.agents:Walker.make").__name__ == "make"


@pytest.mark.usefixtures("package")
def test_what_is_installed_comes_before_the_current_folder(outside):
    (outside / "colorsys.py").write_text("raise RuntimeError\n")
    assert load("colorsys:rgb_to_hsv")(0, 0, 0) == (0, 0, 0)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("far_awy.agents:Walker", "there is no package 'far_awy'; did you mean far_away?"),
        ("far_away.agnts:Walker", "package far_away has no module 'agnts'; did you mean agents?"),
        ("far_away.agents:Waker", "module far_away.agents has no 'Waker'; did you mean Walker?"),
        ("far_away.agents.deep:X", "far_away.agents is a module and holds no others"),
        ("far_away.agents.py:Walker", "and holds no others; say far_away.agents"),
        ("far_away.broken:X", "no weights here (/"),
        ("far_away.broken:X", "/far_away/broken.py, line 1)"),
        ("far_away.needy:X", "/far_away/needy.py, line 1)"),
        ("far_away.odd:X", "SyntaxError: invalid syntax (/"),
        ("far_away.odd:X", "/far_away/odd.py, line 2)"),
        ("far_away.broken:X", "importing far_away.broken raises RuntimeError: no weights"),
        ("far_away.needy:X", "raises ModuleNotFoundError: No module named 'no_such_dependency'"),
        ("far_away.script:X", "importing far_away.script raises SystemExit: 3"),
        ("far_away/agents.py:Walker", "say far_away.agents:Name"),
        ("far_away.agents", "is not of the form package.module:Name; say far_away.agents:Name"),
        (":", "say my_package.my_module:Name"),
    ],
)
def test_the_error_names_the_part_that_is_wrong(name, message):
    with pytest.raises(UserError) as raised:
        load(name)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("far_away.agents.py", "and holds no others; say far_away.agents"),
        ("./far_away/agents.py", "is not the name of a module; say far_away.agents"),
        ("far_away/agents", "is not the name of a module, such as my_package.my_module"),
    ],
)
def test_a_file_is_named_as_a_module(name, message):
    search_here()
    with pytest.raises(UserError, match=message):
        load_module(name)


def test_dotted_names():
    assert is_dotted("package.module:Name")
    assert is_dotted("module:name.other")
    names = ("gru", "a:", ":b", "a.b", "a/b:c", "cuda:1", "http://x", "a:b:c", "1a:b", 3, None)
    assert not any(map(is_dotted, names))
