"""Any value for any key of any program: accepted, or refused in one line that names the key."""

from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module

import pytest
from hydra.errors import OverrideParseException
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rl2_mazes.agents.train import TrainConfig
from rl2_mazes.core.cli.arguments import key_of_field
from rl2_mazes.core.cli.composition import compose, settings_of
from rl2_mazes.core.cli.errors import one_line
from rl2_mazes.core.cli.overrides import settle
from rl2_mazes.core.errors import UserError

PROGRAMS = {
    "train": ("agents.train", "TrainConfig", ["suite=mazes/grid_small"]),
    "publish": ("agents.publish", "PublishConfig", ["agent_path=a"]),
    "evaluate": ("eval.evaluate", "EvalConfig", ["agent_path=a", "suite=mazes/grid_small"]),
    "battery": ("eval.battery", "BatteryConfig", ["agent_path=a"]),
    "gallery": ("eval.gallery", "GalleryConfig", ["agents=[a]"]),
    "play": ("eval.play", "PlayConfig", ["suite=mazes/grid_small"]),
    "tables": ("eval.tables", "TablesConfig", ["suite_name=bandits"]),
    "parity": ("eval.parity", "ParityConfig", []),
    "report": ("eval.report", "ReportConfig", ["agents=a"]),
}
TABULAR = ["suite=bandits/k5_n10", "agent=duan2016", "learner=trpo"]
VARIANTS = [(name, base) for name, (_, _, base) in PROGRAMS.items()]
VARIANTS += [
    ("train", TABULAR),
    ("train", ["suite=mdps/n10", "agent=exchangeable", "learner=duan2016"]),
]
NASTY = [float("nan"), float("inf"), -float("inf"), 1e308, -1, 0, 2**31, 2**64, 10**30, None]
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=6),
    st.lists(st.sampled_from([1, -1, "a", None, [1]]), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.integers(), max_size=2),
)


@cache
def composed(program, base):
    module, schema, _ = PROGRAMS[program]
    return compose(program, getattr(import_module(f"rl2_mazes.{module}"), schema), base)


def keys_of(config, prefix=""):
    """The keys of plain values, of groups too."""
    for key in config:
        if OmegaConf.is_missing(config, key):
            continue
        value = config._get_node(key)
        if OmegaConf.is_dict(value) and value._value() is not None:
            yield from keys_of(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def require_plain(made):
    """Numbers of accepted settings are finite."""
    for each in fields(made):
        value = getattr(made, each.name)
        if is_dataclass(value):
            require_plain(value)
        assert value == value, each.name


@pytest.mark.parametrize(("program", "base"), VARIANTS, ids=lambda x: x if type(x) is str else "")
def test_any_value_is_accepted_or_named(program, base):
    config = composed(program, tuple(base))
    keys = sorted(keys_of(config))
    assert keys

    @given(st.sampled_from(keys), VALUES)
    def one(key, value):
        changed = config.copy()
        problem = None
        try:
            OmegaConf.update(changed, key, value)
            require_plain(settings_of(changed))
        except OmegaConfBaseException as error:
            problem = one_line(error, program, [f"{key}={value}"])
        except UserError as error:
            problem = str(error)
        if problem is not None:
            assert len(problem.splitlines()) == 1
            assert key_of_field(key.rsplit(".", 1)[-1]) in problem, f"{key}={value!r}: {problem}"

    one()


@given(st.text("abcsuiteagn=+~./[]{},'\"-_5 ", max_size=14))
def test_any_argument_is_settled_or_refused_in_one_line(argument):
    problem, settled = "-", []
    try:
        settled = settle("train", TrainConfig, [argument])
    except (UserError, OverrideParseException) as error:
        problem = one_line(error, "train", [argument])
    assert len(problem.splitlines()) == 1
    assert len(settled) <= 1
