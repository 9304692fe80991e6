"""Section of the page of results on what a bandit agent has learnt, with its figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from .....agents.training.checkpoint import load_agent
from .....agents.zoo.cards import PREFIX, Card
from .....bandits.suite import BanditSuite
from ....tabular.standings import Tables, published_as, standing_of, standings
from ....tabular.tracks import EXCHANGEABLE, ONE_AGENT
from ...learnt_index import draw_learnt

FIGURE = "learnt_index.png"
# Agents to look into, the first that is published with its weights: track and row.
CANDIDATES = [
    *((EXCHANGEABLE, row) for row in ("k10_n100", "k5_n100", "k50_n100", "k50_n500")),
    (ONE_AGENT, "k10_n100"),
]
SECTION = f"""\
## What an agent has learnt

{{agent}} on {{row}}, which has pulled one arm alone. Left: the log-odds of pulling that arm once
more rather than any other, by its successes and failures, averaged over random orders of them.
Middle: the finite-horizon Gittins index of such an arm less that of an untouched arm, with as many
pulls left. On the black lines both choices are as good. Right: one against the other.

![index of an arm](results/figures/{FIGURE})
"""


class Subject(NamedTuple):
    """The agent of the figure."""

    agent: str  # such as pretrained/bandit_k10_n100_exchangeable/seed_0
    row: str


def learnt_section(tables: Tables, cards: Sequence[Card]) -> list[str]:
    """Section of the page with the figure; nothing if no agent can be looked into."""
    subject = choose(tables, cards)
    return [] if subject is None else [SECTION.format(agent=subject.agent, row=subject.row)]


def draw_learnt_index(tables: Tables, cards: Sequence[Card], folder: Path) -> Path | None:
    """Write the section's figure; None if there is no agent for it."""
    subject = choose(tables, cards)
    if subject is None:
        return None
    agent, _ = load_agent(subject.agent)
    return draw_learnt(agent, BanditSuite.from_name(subject.row), folder / FIGURE)


def choose(tables: Tables, cards: Sequence[Card]) -> Subject | None:
    """The agent to look into: of the candidates the first, of its seeds the first with weights."""
    loadable = [f"{PREFIX}/{card.name}" for card in cards if card.has_weights]
    found = standings("bandits", tables)
    for track, row in CANDIDATES:
        standing = standing_of(found, track, row)
        measured = {published_as(cell) for cell in standing.cells} if standing else set()
        for name in loadable:
            if name in measured:
                return Subject(name, row)
    return None
