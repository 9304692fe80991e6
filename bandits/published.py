"""Printed results on bandits: mean total reward of a trial over 1,000 tasks, p ~ U[0, 1].

Duan et al. print no standard errors; over as many fresh tasks they equal those of our own cells.
Training steps are read by eye off their learning curves, iterations of 250,000 steps each.
"""

from ..core.tabular.published import PublishedTable

_COLUMNS = (
    "random",
    "gittins",
    "thompson",
    "optimistic_thompson",
    "ucb1",
    "e_greedy",
    "greedy",
    "rl2",
)
_DUAN2016 = {
    "k5_n10": (5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6, 6.7),
    "k10_n10": (5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6, 6.7),
    "k50_n10": (5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5, 6.8),
    "k5_n100": (49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8, 78.7),
    "k10_n100": (49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1, 83.5),
    "k50_n100": (49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0, 84.9),
    "k5_n500": (249.8, 405.8, 402.0, 406.7, 405.8, 388.2, 380.6, 401.6),
    "k10_n500": (249.0, 437.8, 429.5, 438.9, 437.1, 408.0, 395.0, 432.5),
    "k50_n500": (249.6, 463.7, 427.2, 437.6, 457.6, 413.6, 402.8, 438.9),
}
_STEPS = {"n10": 85e6, "n100": 150e6, "n500": 165e6}
DUAN2016 = PublishedTable(
    source="Duan et al. 2016 (arXiv 1611.02779), table 1",
    unit="Mean total reward of a trial.",
    rows={row: dict(zip(_COLUMNS, cells, strict=True)) for row, cells in _DUAN2016.items()},
    steps={row: _STEPS[row.partition("_")[2]] for row in _DUAN2016},
)
SNAIL = PublishedTable(
    source="Mishra et al. 2018 (arXiv 1707.03141), table 3",
    unit="Mean total reward of a trial.",
    rows={
        "k5_n10": {"snail": (6.6, None)},
        "k10_n10": {"snail": (6.7, None)},
        "k50_n10": {"snail": (6.7, None)},
        "k5_n100": {"snail": (79.1, 1.0)},
        "k10_n100": {"snail": (83.5, 0.8)},
        "k50_n100": {"snail": (85.1, 0.6)},
        "k5_n500": {"snail": (408.1, 4.9)},
        "k10_n500": {"snail": (432.4, 3.5)},
        "k50_n500": {"snail": (442.6, 2.5)},
        "k50_n1000": {"gittins": (944.1, None), "rl2": (847.4, None), "snail": (889.8, 5.6)},
    },
)
