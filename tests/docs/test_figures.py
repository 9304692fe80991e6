"""README's tables hold the figures of the committed files, to the digits that they print."""

import json
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

import pytest
from support.pages import ROOT

from rl2_mazes.mazes import published

BANDITS, MDPS = ("k5_n10", "k5_n100", "k5_n500"), ("n10", "n50", "n100")
MANY_ARMS = ("k50_n10", "k50_n100", "k50_n500")


def cells(label):
    """The cells of README's row that begins with a label, without marks."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in lines if line.startswith(f"| {label}"))
    return [cell.strip("† ") for cell in row.strip("|").split("|")[1:]]


def read(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def measured(agent, row):
    """A record of each seed on the usual test tasks, in the engine: the one of longest trials."""
    folder = ROOT / "agents" / "pretrained" / agent
    cards = [read(path) for path in folder.glob("seed_?.json")]
    wanted = {"row": row, "engine": "ViZDoom", "split": "test", "sampled": True}
    wanted["condition"] = "as trained"
    found = [[r for r in card["results"] if wanted.items() <= r.items()] for card in cards]
    return [max(each, key=lambda record: len(record["length"])) for each in found]


def control(name, condition):
    """A control of an agent's battery."""
    battery = ROOT / "results" / "agents" / name / "seed_0.json"
    if battery.exists():
        found = read(battery)["conditions"]
    else:
        found = read(f"agents/pretrained/{name}/seed_0.json")["results"]
    return next(each for each in found if each["condition"] == condition)


def shown(value, digits=1):
    exact = Decimal(repr(round(value, 9)))
    return str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def lengths(record):
    return ", ".join(map(shown, record["length"][:2]))


def by_regret(file, row, algorithm):
    values = [
        cell["by_regret"]
        for cell in read(f"results/{file}.json")["cells"]
        if cell["row"] == row and cell["algorithm"].startswith(algorithm)
    ]
    return shown(median(values), 2 if values[0] < 10 else 1)


@pytest.mark.parametrize(
    ("label", "agent", "seeds"),
    [
        ("RL² here, labels by", "walk_small_paths", 5),
        ("RL² here, the authors'", "walk_small_duan2016", 10),
        ("RL² here, with", "walk_small_gpu", 10),
    ],
)
def test_small_mazes(label, agent, seeds):
    records = measured(agent, "walk_small")
    assert len(records) == seeds
    assert min(min(each["success"][:2]) for each in records) >= 0.992
    for episode, cell in enumerate(cells(label)[:2]):
        values = [each["length"][episode] for each in records]
        assert cell == f"{shown(median(values))} ({shown(min(values))}–{shown(max(values))})"
    assert cells(label)[2] == shown(median(each["length_ratio"] for each in records), 2)


@pytest.mark.parametrize(
    ("label", "length"),
    [
        ("RL², Duan", published.SMALL[0].length),
        ("SNAIL", published.SMALL[1].length),
        ("scripted explorer", control("walk_small_gpu", "explorer")["length"]),
        ("shortest path", control("walk_small_gpu", "oracle")["length"]),
    ],
)
def test_small_mazes_of_others(label, length):
    assert cells(label)[:2] == [*map(shown, length[:2])]
    assert float(cells(label)[2]) == pytest.approx(length[1] / length[0], abs=0.005)


@pytest.mark.parametrize(
    ("row", "agent"),
    [
        ("walk_small", "walk_small_paths"),
        ("walk_large", "walk_large_map"),
        ("grid_small", "demo"),
        ("grid_large", "grid_large"),
    ],
)
def test_environments_of_mazes(row, agent):
    shortest, scripted, random, ours = cells(f"`mazes/{row}`")[-4:]
    records = [each["length"] for each in measured(agent, row)]
    assert ours == ", ".join(shown(median(each)) for each in [*zip(*records, strict=True)][:2])
    assert scripted == lengths(control(agent, "explorer"))
    assert shortest == shown(control(agent, "oracle")["length"][0])
    success = control(agent, "random walk")["success"][:2]
    assert random == ", ".join(shown(100 * each, 0) for each in success) + " %"


@pytest.mark.parametrize(
    ("suite", "row", "scripted"),
    [("bandits", "k5_n100", "gittins_finite"), ("mdps", "n10", "myopic_ucb")],
)
def test_environments_of_bandits_and_mdps(suite, row, scripted):
    (optimum,) = {
        cell["ceiling"]
        for cell in read(f"results/{suite}/by_regret.json")["cells"]
        if (cell["row"], cell["algorithm"]) == (row, scripted)
    }
    yardstick = f"{suite}/by_regret"
    assert cells(f"`{suite}/{row}`")[-4:] == [
        shown(optimum),
        by_regret(yardstick, row, scripted),
        by_regret(yardstick, row, "random"),
        by_regret(f"{suite}/one_agent", row, "pretrained/"),
    ]


@pytest.mark.parametrize(
    ("label", "suite", "track", "rows"),
    [
        ("bandits, 5 arms", "bandits", "one_agent", BANDITS),
        ("bandits, 50 arms", "bandits", "one_agent", MANY_ARMS),
        ("MDPs", "mdps", "one_agent", MDPS),
    ],
)
def test_results_of_bandits_and_mdps(label, suite, track, rows):
    ours, theirs, best = cells(label)
    assert ours == " / ".join(by_regret(f"{suite}/{track}", row, "pretrained/") for row in rows)
    printed = {
        cell["row"]: cell["published"] for cell in read(f"results/{suite}/{track}.json")["cells"]
    }
    assert theirs == " / ".join(str(printed[row]) for row in rows)
    yardstick = read("results/summary.json")[track]
    digits = [2 if yardstick[row]["yardstick"] < 10 else 1 for row in rows]
    known = [
        shown(yardstick[row]["yardstick"], each) for row, each in zip(rows, digits, strict=True)
    ]
    assert best == " / ".join(known)


def with_failures(success, length, horizon=1000):
    """Mean steps of an episode of all trials."""
    return success * length + (1 - success) * horizon


def test_large_mazes():
    small = measured("walk_small_paths", "walk_large")
    assert len(small) == 5
    found = [[*zip(*(each["length"] for each in small), strict=True)][k] for k in range(2)]
    theirs, snail = (", ".join(map(shown, each.length[:2])) for each in published.LARGE[:2])
    scripted = lengths(control("walk_large_long", "explorer"))
    ours = ", ".join(shown(median(each)) for each in found)
    assert cells("large mazes, agent of small") == [
        ours,
        f"{theirs} (SNAIL {snail})",
        f"{scripted} (scripted)",
    ]
    (unaided,) = measured("walk_large_no_labels", "walk_large")
    assert cells("of large ones, dead reckoning, one") == [lengths(unaided), "", ""]
    mapped = [each["length"] for each in measured("walk_large_map", "walk_large")]
    assert len(mapped) == 3
    ours = ", ".join(shown(median(each)) for each in [*zip(*mapped, strict=True)][:2])
    assert cells("of large ones, dead reckoning and") == [ours, "", f"{scripted} (scripted)"]
    first = [with_failures(each["success"][0], each["length"][0]) for each in small]
    duan = published.LARGE[0]
    assert min(first) > with_failures(duan.success[0], duan.length[0])
    least = min(min(each["success"][:2]) for each in small)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"succeeds in {shown(100 * least)} % and more" in text
    assert f"theirs in {shown(100 * published.LARGE[0].success[1])} %" in text
