"""Messages about records that differ name the fields that do, and no others."""

from rl2_mazes.core.differences import differences
from rl2_mazes.core.types import Spaces

MDP = Spaces(5, num_states=10, num_privileged=13, steps_per_episode=10)


def test_equal_fields_are_left_out():
    assert differences({"a": 1, "b": 2, "c": None}, {"a": 1, "b": 3, "c": None}) == ("b=2", "b=3")
    assert differences({"a": 1, "b": 2}, {"c": 0, "a": 4}) == ("a=1, b=2", "c=0, a=4")
    assert differences({"a": 1, "b": 2}, {"a": 1}) == ("b=2", "none of these")


def test_spaces_are_told_apart_by_what_they_are_compared_by():
    fewer = Spaces(5, num_states=3)
    assert MDP.apart_from(fewer) == ("num_states=10", "num_states=3")
    maze = Spaces(3, image_shape=(30, 40, 3), num_reckoned=6)
    assert MDP.apart_from(maze) == (
        "num_actions=5, num_states=10",
        "num_actions=3, image_shape=(30, 40, 3)",
    )


def test_spaces_in_a_message_are_sizes_of_observations_and_actions():
    assert f"{MDP}" == "num_actions=5, num_states=10"
