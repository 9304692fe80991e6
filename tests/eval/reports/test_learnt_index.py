"""The lesson of a bandit agent: its scores of an arm beside Gittins' index."""

import math
from typing import Any

import pytest
import torch

from rl2_mazes.agents.memory.gru import GRUSettings
from rl2_mazes.agents.networks.exchangeable.settings import ExchangeableSettings
from rl2_mazes.bandits.gittins_index import finite_horizon_rows, finite_horizon_table, triangle
from rl2_mazes.bandits.suite import BanditSuite
from rl2_mazes.core.types import TimeStep
from rl2_mazes.eval import results
from rl2_mazes.eval.reports.learnt_index import (
    Learnt,
    agreement,
    draw_learnt,
    gittins_scores,
    scores,
)
from rl2_mazes.eval.reports.markdown.results.learnt import choose, draw_learnt_index, learnt_section


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("RL2_MAZES_CACHE", str(tmp_path_factory.getbasetemp() / "gittins"))


def cell(row, value, steps, track="exchangeable", name="pretrained/a/seed_0"):
    training = {"privileged_critic": True, "optimal_advantage": True, "warm_start": False}
    return {
        "row": row, "algorithm": name, "mean": value, "se": 0.1, "by_regret": value,
        "by_regret_se": 0.1, "track": track, "trained_on": row, "steps": steps, **training,
    }  # fmt: skip


def tables(*cells, kind="bandits"):
    return {f"{kind}/some": {"settings": {"suite": kind}, "cells": list(cells)}}


def agent_of(suite):
    torch.manual_seed(0)
    settings = ExchangeableSettings(memory=GRUSettings(hidden_size=4), embedding_size=4)
    return settings.build(suite.spaces)


def test_an_agents_score_is_its_policy_after_the_same_pulls():
    """If all pulls fail or all succeed there is one order, and acting step by step gives it."""
    suite = BanditSuite(4, 20)
    agent: Any = agent_of(suite)
    found = scores(agent, suite, most=3)
    for reward, expected in ((0.0, found[0]), (1.0, found[:, 0])):
        carry = agent.initial_carry(1)
        for pull in range(4):
            first, zero = torch.tensor([pull == 0]), torch.zeros(1, dtype=torch.int64)
            step = TimeStep(zero, zero, torch.tensor([reward * (pull > 0)]), ~first, first)
            with torch.no_grad():
                carry, log_probs, _ = agent._step(carry, step, None)
            chance = log_probs[0, 0].exp().item()
            odds = math.log(chance / (1 - chance))
            assert expected[pull].item() == pytest.approx(odds, abs=1e-4)


def test_before_any_pull_the_arm_is_one_of_equals():
    suite = BanditSuite(5, 20)
    assert scores(agent_of(suite), suite, 2)[0, 0].item() == pytest.approx(-math.log(4), abs=1e-5)


def test_gittins_scores_are_differences_of_the_tables_entries():
    found, table, starts = gittins_scores(20, 3), finite_horizon_table(20), finite_horizon_rows(20)
    assert found[0, 0] == 0
    left = starts[20 - 5]
    assert found[3, 2] == table[left + triangle(5) + 3] - table[left]
    assert found[3, 0] > 0 > found[0, 1]
    assert (found.diff(dim=0) > 0).all()
    assert (found.diff(dim=1) < 0).all()


def test_agreement_is_that_of_the_ranks():
    values = torch.arange(9.0).view(3, 3)
    assert agreement(Learnt(values, values.exp())) == pytest.approx(1)
    assert agreement(Learnt(-values, values)) == pytest.approx(-1)


def test_the_learnt_figure_is_drawn(tmp_path):
    suite = BanditSuite(3, 40)
    path = draw_learnt(agent_of(suite), suite, tmp_path / "learnt.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_agent_to_look_into_is_published_with_its_weights(tmp_path):
    card = results.cards.read_card(results.cards.names()[0])
    name = f"pretrained/{card.name}"
    measured = tables(
        cell("k50_n100", 85.0, 10, name=name), cell("k10_n100", 83.0, 10, name="runs/x/seed_0")
    )
    subject = choose(measured, [card])
    assert subject == (name, "k50_n100")
    assert f"{name} on k50_n100" in learnt_section(measured, [card])[0]
    assert choose(measured, []) is None
    assert learnt_section(measured, []) == []
    assert draw_learnt_index(measured, [], tmp_path) is None
