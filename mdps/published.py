"""Printed results on small MDPs: mean total reward of a trial over 1,000 tasks.

Duan et al. print no standard errors; over as many fresh tasks they equal those of our own cells.
Training steps are read by eye off their learning curves, iterations of 250,000 steps each.
"""

from ..core.tabular.published import PublishedTable

_COLUMNS = ("random", "psrl", "opsrl", "ucrl2", "beb", "e_greedy", "greedy", "rl2")
_DUAN2016 = {
    "n10": (100.1, 138.1, 144.1, 146.6, 150.2, 132.8, 134.8, 156.2),
    "n25": (250.2, 408.8, 425.2, 424.1, 427.8, 377.3, 368.8, 445.7),
    "n50": (499.7, 904.4, 930.7, 918.9, 917.8, 823.3, 769.3, 936.1),
    "n75": (749.9, 1417.1, 1449.2, 1427.6, 1422.6, 1293.9, 1172.9, 1428.8),
    "n100": (999.4, 1939.5, 1973.9, 1942.1, 1935.1, 1778.2, 1578.5, 1913.7),
}
DUAN2016 = PublishedTable(
    source="Duan et al. 2016 (arXiv 1611.02779), table 2",
    unit="Mean total reward of a trial.",
    rows={row: dict(zip(_COLUMNS, cells, strict=True)) for row, cells in _DUAN2016.items()},
    steps={"n10": 0.5e9, "n25": 1.75e9, "n50": 2.0e9, "n75": 1.7e9, "n100": 2.0e9},
)
_SNAIL_OPTIMUM = 20.76  # of an episode: what makes their RL² and OPSRL those of Duan et al.
SNAIL = PublishedTable(
    source="Mishra et al. 2018 (arXiv 1707.03141), table 4",
    unit="Fraction of what value iteration with the known MDP earns, which seems to be "
    f"{_SNAIL_OPTIMUM} an episode.",
    per_optimum=_SNAIL_OPTIMUM,
    rows={
        "n10": {"snail": 0.766, "rl2": 0.752, "opsrl": 0.694},
        "n25": {"snail": 0.862, "rl2": 0.859, "opsrl": 0.819},
        "n50": {"snail": 0.908, "rl2": 0.902, "opsrl": 0.897},
        "n75": {"snail": 0.930, "rl2": 0.918, "opsrl": 0.931},
        "n100": {"snail": 0.941, "rl2": 0.922, "opsrl": 0.951},
    },
)
