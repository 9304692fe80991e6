"""Tracks of the leaderboard: each says which evaluations and trainings belong to it.

A new track is one entry of `TRACKS`. Rules are by key: of the suite's settings, such as
tasks.rooms, of the evaluation, such as trials, and of the training (`eval.leaderboard.training`).
A key that nothing states breaks its rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...bandits.suite import BanditSuite
from ...core.errors import UserError
from ...core.registries.registry import Registry
from ...mdps.suite import MDPSuite
from .figures import STEPS
from .rules import STATED, Rule, all_of, at_least, only, show
from .submission import Submission

EVALUATION = {"seed": only(0), "trials": at_least(100)}
MAZES = {
    "kind": only("mazes"),
    "warning": only(None),  # another size's horizon
    "episodes_per_trial": only(2),
    "tasks.generator": only("prim"),
    "tasks.loops": only(0),
    "tasks.num_starts": only(1),
    "tasks.num_targets": only(None, 1),
    "tasks.split": only("test"),
    "tasks.split_by": only(None, "maze"),
    "tasks.seed": only(0),
    "tasks.texture_sets": only([0, 1, 2, 3]),
    "rules.target_reward": only(1.0),
    "rules.wall_penalty": only(-0.001),
    "rules.step_penalty": only(-0.04),
    "rules.obs_height": only(30),
    "rules.obs_width": only(40),
}
SMALL, LARGE = MAZES | {"tasks.rooms": only(3)}, MAZES | {"tasks.rooms": only(5)}
UNSEEN = {"splits": all_of("train")}  # such trainings have none of the test mazes
UNPRIVILEGED = dict.fromkeys(("labels", "critic", "reward"), only(False))


@dataclass(frozen=True)
class Ranking:
    """The figure that orders a track.

    Attributes:
        title: Its name in the page.
        value: Of a submission; None if it has none.
        higher: Whether higher is better.
        digits: Decimals in the page.
    """

    title: str
    value: Callable[[Submission], float | int | None]
    higher: bool = False
    digits: int = 1


BY_STEPS = Ranking("steps of a trial", lambda entry: entry.figures.get(STEPS))
BY_RETURN = Ranking(
    "total reward",
    lambda entry: entry.figures["mean" if entry.figures.get("by_regret") is None else "by_regret"],
    higher=True,
    digits=2,
)
BY_MINUTES = Ranking(
    "minutes", lambda entry: None if entry.training.hours is None else 60 * entry.training.hours
)


@dataclass(frozen=True)
class Track:
    """A competition among agents that may be compared.

    Attributes:
        name: Key in a submission.
        title: Heading of its tables.
        text: A sentence about its purpose.
        settings: Rules of the suite's settings, see `settings_of`.
        training: Rules of the training, by the names of `Training`.
        figures: Rules of figures; of one that is a list, for each entry.
        ranking: The figure that orders it.
    """

    name: str
    title: str
    text: str
    settings: Mapping[str, Rule]
    training: Mapping[str, Rule] = field(default_factory=dict)
    figures: Mapping[str, Rule] = field(default_factory=dict)
    ranking: Ranking = BY_STEPS

    def faults(self, entry: Submission, suite: Any, with_figures: bool = True) -> list[str]:
        """Lines on the rules that a submission breaks; none if it belongs to the track.

        Args:
            entry: The submission.
            suite: The suite of its evaluation.
            with_figures: Whether the figures are known yet.
        """
        evaluation = {"seed": entry.seed, "trials": entry.trials}
        claims = [
            ("suite", self.settings, settings_of(suite)),
            ("evaluation", EVALUATION, evaluation),
            ("training", self.training, asdict(entry.training)),
            ("figures", self.figures if with_figures else {}, entry.figures),
        ]
        lines = []
        for place, rules, values in claims:
            for key, rule in rules.items():
                value = values.get(key)
                each = value if place == "figures" and isinstance(value, list) else [value]
                if not all(map(rule.test, each)):
                    lines.append(self._line(f"{place}.{key}", value, rule))
        return lines

    def _line(self, key: str, value: Any, rule: Rule) -> str:
        given = "not stated" if value is None else show(value)
        return f"{key} is {given}; in the track {self.name} it must be {rule.words}"


def settings_of(suite: Any) -> dict[str, Any]:
    """Settings of a suite by dotted key, with its name and its warning."""
    found: dict[str, Any] = {"name": suite.name, "warning": suite.warning}
    for key, value in asdict(suite).items():
        inner = value.items() if isinstance(value, dict) else ()
        found |= {f"{key}.{each}": part for each, part in inner} or {key: value}
    return found


def fitting(entry: Submission, suite: Any) -> Track:
    """The first track that a submission without figures belongs to.

    Raises:
        UserError: It belongs to none; the line is of the track of which it breaks fewest rules.
    """
    broken = {
        track.name: track.faults(entry, suite, with_figures=False)
        for track in TRACKS.all().values()
        if not track.figures  # to be chosen by name
    }
    nearest = min(broken, key=lambda name: len(broken[name]))
    if broken[nearest]:
        raise UserError(f"no track takes this evaluation: {broken[nearest][0]}")
    return TRACKS.get(nearest)


def _by_help(
    name: str, title: str, text: str, settings: Mapping[str, Rule], training: Mapping[str, Rule]
) -> tuple[Track, ...]:
    """Tracks of the same mazes: without help, with a map, and with privileged labels."""
    return (
        Track(
            name,
            title,
            f"{text}; no privileged information in training, and no map.",
            settings,
            {**training, **UNPRIVILEGED, "map": only(False)},
        ),
        Track(
            f"{name}_with_map",
            f"{title}, with a map",
            "The same; the agent has a map of its own by dead reckoning, and no privileged "
            "information in training.",
            settings,
            {**training, **UNPRIVILEGED},
        ),
        Track(
            f"{name}_with_labels",
            f"{title}, with privileged labels",
            "The same; training may use privileged labels, critics and rewards, and the agent a "
            "map of its own by dead reckoning.",
            settings,
            training,
        ),
    )


TRACKS: Registry[Track] = Registry("track")
for _track in (
    *_by_help("small", "Small mazes", "3x3 rooms, two episodes", SMALL, UNSEEN),
    *_by_help(
        "large_from_small",
        "Large mazes, trained on small ones",
        "5x5 rooms for agents that were trained on 3x3 rooms alone",
        LARGE,
        UNSEEN | {"rooms": all_of(3)},
    ),
    *_by_help("large", "Large mazes", "5x5 rooms, for agents trained on any sizes", LARGE, UNSEEN),
    Track(
        "layout",
        "New layouts",
        "Mazes whose wall layout no training maze has, mirrored and turned layouts counted as the "
        "same (`suite.tasks.split_by=layout`).",
        MAZES | {"tasks.split_by": only("layout"), "tasks.rooms": only(3, 5)},
        {"splits": all_of("train by layout")},
    ),
    Track(
        "new_target",
        "The same maze, new targets",
        "Every episode of a trial has a target of its own.",
        MAZES | {"tasks.num_targets": at_least(2), "tasks.rooms": only(3, 5)},
        UNSEEN,
    ),
    Track(
        "bandits",
        "Bandits",
        "The bandits of Duan et al. 2016, one table a row.",
        {
            "kind": only("bandits"),
            "name": only(*BanditSuite.paper_rows()),
            "low": only(0.0),
            "high": only(1.0),
        },
        ranking=BY_RETURN,
    ),
    Track(
        "mdps",
        "MDPs",
        "The MDPs of Duan et al. 2016, one table a row.",
        {
            "kind": only("mdps"),
            "name": only(*MDPSuite.paper_rows()),
            "reward_mean": only(1.0),
            "reward_std": only(1.0),
            "noise_std": only(1.0),
        },
        ranking=BY_RETURN,
    ),
    Track(
        "minutes",
        "Minutes to a level on two cores",
        "Wall minutes of a training from scratch on two CPU cores, for an agent that succeeds in "
        "99 % of both episodes on the small grid mazes with a length ratio of at most 0.8.",
        SMALL | {"rules.movement": only("grid")},
        UNSEEN
        | {
            "hours": STATED,
            "warm_start": only(False),
            "hardware": Rule(
                "of 2 cores", lambda value: isinstance(value, str) and value.endswith(", 2 cores")
            ),
        },
        {"success": at_least(0.99, 1), "length_ratio": at_least(0, 0.8)},
        BY_MINUTES,
    ),
):
    TRACKS.add(_track.name, _track)
