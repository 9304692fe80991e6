"""Agents of before there were maps, and the odometry of those with one."""

from dataclasses import replace

import pytest
from support.cards import rewrite_card

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.rl2_agent import RL2Agent, RL2Settings
from rl2_mazes.agents.training.checkpoint import (
    AgentCard,
    CheckpointError,
    load_agent,
    restore_newest,
    save,
    warm_start,
)
from rl2_mazes.core.errors import UserError
from rl2_mazes.core.types import Odometry, Spaces

SPACES = Spaces(num_actions=3, image_shape=(30, 40, 3))
GRID = Odometry("grid", -0.04, -0.001, 1.0)
WALKING = replace(SPACES, odometry=Odometry("walk", -0.04, -0.001, 1.0))


def saved(folder, agent):
    path = save(folder, agent, AgentCard.of(agent, {"kind": "mazes"}), {})
    return path / "weights.safetensors"


def build(spaces, **changes):
    settings = {"dense_size": 8, "feedback_size": 8, "memory": GRUSettings(hidden_size=8)}
    return RL2Agent(spaces, RL2Settings(**settings | changes))


def test_agents_from_before_maps_have_none_and_go_on(tmp_path):
    def drop(content):
        del content["agent"]["map_radius"], content["spaces"]["odometry"]

    agent = build(WALKING)
    rewrite_card(saved(tmp_path, agent), drop)
    loaded, _ = load_agent(tmp_path)
    assert loaded.settings == agent.settings
    assert loaded.map is None
    assert loaded.for_spaces(WALKING) is loaded
    assert restore_newest(tmp_path, build(WALKING)) is not None


def test_an_agent_with_a_map_keeps_its_odometry(tmp_path):
    path = saved(tmp_path, build(WALKING, map_radius=1))
    loaded, _ = load_agent(tmp_path)
    assert loaded.spaces.odometry == WALKING.odometry
    assert loaded.for_spaces(WALKING) is loaded
    rewrite_card(path, lambda content: content["spaces"]["odometry"].update(wall_penalty="much"))
    with pytest.raises(UserError, match=r"spaces\.odometry: wall_penalty is 'much'; it must be"):
        load_agent(tmp_path)


def test_agents_without_a_map_are_warm_started_whatever_the_rewards(tmp_path):
    path = saved(tmp_path, build(SPACES))
    for spaces in (SPACES, WALKING, replace(SPACES, odometry=GRID)):
        warm_start(build(spaces), path)
    other = saved(tmp_path / "other", build(WALKING))
    warm_start(build(replace(SPACES, odometry=GRID)), other)
    warm_start(build(SPACES), other)


def test_a_map_is_not_warm_started_with_another_movement(tmp_path):
    path = saved(tmp_path, build(WALKING, map_radius=1))
    warm_start(build(WALKING, map_radius=1), path)
    with pytest.raises(CheckpointError, match=r"has spaces\.odometry\.movement=walk, this run has"):
        warm_start(build(replace(SPACES, odometry=GRID), map_radius=1), path)
