"""What an agent is put through: as trained, with something taken away, elsewhere; and yardsticks.

All conditions that keep the mazes share them, trial by trial, so that they differ in one thing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...core.trial import Trial
from ...core.types import Agent
from ...mazes.baselines.explorers import EXPLORERS
from ...mazes.generators import CARVERS
from ...mazes.rules import HORIZONS, MazeRules
from ...mazes.suite import MazeSuite
from ...mazes.tasks import MazeSet, MazeTasks, TooFewMazesError
from ...mazes.textures import TEXTURE_SETS
from .wrappers import CameraCovered, MemoryReset, WithoutFeedback, WithoutOutcomes, greedily

AS_TRAINED, RESET, BLIND, MOVED = "as trained", "memory reset", "camera covered", "target moved"
GROUPS = ("agent", "controls", "yardsticks", "generalisation", "simulator")
MORE_EPISODES = 5  # the paper's extrapolation, from 2
SIZES = (3, 5, 7)  # rooms a side
YARDSTICKS = {  # of `mazes.baselines.explorers`
    "random walk": "any action, each as likely",
    "wall follower": "keeps its right hand on the wall",
    "explorer": "searches systematically, then takes the shortest way that it knows",
    "oracle": "knows the maze and takes the shortest way",
}


@dataclass(frozen=True)
class Condition:
    """One thing to try.

    Attributes:
        name: In tables and files.
        group: One of `GROUPS`.
        meaning: What it asks, in a line.
        mazes: Draws the mazes, one a trial.
        rules: Of the game.
        episodes: K.
        agent: Puts the trained agent into this condition, or another into its place.
        moves_target: See `eval.controls.moved_target`.
        elsewhere: In the simulator that the other conditions are not run in.
    """

    name: str
    group: str
    meaning: str
    mazes: Callable[[], MazeSet]
    rules: MazeRules
    episodes: int
    agent: Callable[[Agent, Trial], Agent] = lambda agent, trial: agent
    moves_target: bool = False
    elsewhere: bool = False


def conditions(suite: MazeSuite, mazes: MazeSet, other: str) -> Iterator[Condition]:
    """All conditions of an agent, itself first.

    Args:
        suite: What it was trained on, with the split and number of mazes to test on.
        mazes: Drawn from it; trial i is on maze i.
        other: Name of the simulator that conditions are not run in, but for one.
    """
    episodes = max(suite.episodes_per_trial, 2)
    plain = Condition(
        AS_TRAINED,
        "agent",
        "mazes like those of its training",
        lambda: mazes,
        suite.rules,
        episodes,
    )
    yield plain
    yield replace(
        plain,
        name="greedy actions",
        meaning="the likeliest action each time instead of a sampled one",
        agent=lambda agent, _: greedily(agent),
    )
    yield from _controls(plain)
    for name, meaning in YARDSTICKS.items():
        yield replace(
            plain,
            name=name,
            group="yardsticks",
            meaning=meaning,
            agent=lambda _, trial, make=EXPLORERS[name]: make(trial),
        )
    yield from _elsewhere(replace(plain, group="generalisation"), suite, mazes)
    yield replace(
        plain,
        name=f"in {other}",
        group="simulator",
        meaning="the same trials in the other simulator",
        elsewhere=True,
    )


def _controls(plain: Condition) -> Iterator[Condition]:
    plain = replace(plain, group="controls")
    for control, name, meaning in (
        (MemoryReset, RESET, "its memory starts afresh with every episode"),
        (CameraCovered, BLIND, "it sees black"),
        (WithoutOutcomes, "no outcomes", "it is told neither rewards nor ends of episodes"),
        (WithoutFeedback, "no feedback", "it is told neither rewards, ends nor its own actions"),
    ):
        yield replace(
            plain,
            name=name,
            meaning=meaning,
            agent=lambda agent, _, control=control: control(agent),
        )
    yield replace(
        plain,
        name=MOVED,
        meaning="the target is in another room in each episode",
        moves_target=True,
    )


def _elsewhere(plain: Condition, suite: MazeSuite, mazes: MazeSet) -> Iterator[Condition]:
    tasks = suite.tasks

    def drawn(**changes) -> Callable[[], MazeSet]:
        return lambda: as_many(replace(tasks, **changes))

    if plain.episodes < MORE_EPISODES:
        yield replace(
            plain,
            name=f"{MORE_EPISODES} episodes",
            meaning=f"more than the {suite.episodes_per_trial} of its training",
            episodes=MORE_EPISODES,
        )
    for rooms in SIZES:
        if rooms != tasks.rooms:
            horizon = HORIZONS[suite.rules.movement][rooms]
            yield replace(
                plain,
                name=f"{rooms}x{rooms} rooms",
                meaning=f"a size it has not seen, with a horizon of {horizon} steps",
                mazes=drawn(rooms=rooms),
                rules=replace(suite.rules, horizon=horizon),
            )
    for generator in CARVERS:
        if generator != tasks.generator:
            yield replace(
                plain,
                name=f"generator {generator}",
                meaning="layouts of another kind, see mazes/generators.py",
                mazes=drawn(generator=generator),
            )
    unseen = [i for i in range(len(TEXTURE_SETS)) if i not in tasks.texture_sets]
    if unseen:
        yield replace(
            plain,
            name="unseen textures",
            meaning="the same mazes, in " + ", ".join(TEXTURE_SETS[i].name for i in unseen),
            mazes=lambda: dressed(mazes, unseen),
        )
    if tasks.num_starts == 1 and plain.episodes < tasks.rooms**2:
        yield replace(
            plain,
            name="new starts",
            meaning="each episode starts in another room, with the target where it was",
            mazes=drawn(num_starts=plain.episodes),
        )


def as_many(tasks: MazeTasks) -> MazeSet:
    """The mazes that the settings describe; all there are, if those are fewer."""
    try:
        return MazeSet.draw(tasks)
    except TooFewMazesError as error:
        return MazeSet(error.mazes)


def dressed(mazes: MazeSet, texture_sets: list[int]) -> MazeSet:
    """The same mazes in other textures, which take turns."""
    return MazeSet(
        [
            replace(maze, texture_set=texture_sets[index % len(texture_sets)])
            for index, maze in enumerate(mazes)
        ]
    )
