"""Conditions of the battery: as trained, controls, baselines, other tasks, other simulator.

Conditions that keep the mazes share them, trial by trial, so that they differ in one thing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...core.trial import Trial
from ...core.types import Agent
from ...mazes.baselines import SCRIPTED_AGENTS
from ...mazes.generators import GENERATORS
from ...mazes.rules import HORIZONS, MazeRules
from ...mazes.suite import MazeSuite
from ...mazes.tasks import MazeSet, MazeTasks, TooFewMazesError
from ...mazes.textures import TEXTURE_SETS
from ..adapters.scripted import scripted_agent
from .making import controlled
from .moved_target import move_targets, target_in_place
from .wrappers import CONTROLS, greedily

AS_TRAINED, MOVED, IN_PLACE = "as trained", "target moved", "target in place"
GROUPS = ("agent", "controls", "baselines", "generalisation", "simulator")
MORE_EPISODES = 5  # the paper extrapolates to 5 from 2
SIZES = (3, 5, 7)  # rooms per side


@dataclass(frozen=True)
class Condition:
    """One condition of the battery.

    Attributes:
        name: Name in tables and files.
        group: One of `GROUPS`.
        meaning: The condition in one line.
        mazes: Draws the mazes, one per trial.
        rules: Rules of the mazes.
        episodes: K, episodes per trial.
        agent: Makes the agent of this condition from the trained agent and the trial.
        episodes_differ: Whether each episode has its own start or target. The trials are then also
            run with the memory reset, see `eval.metrics.saved_by_memory`.
        elsewhere: Whether to run it in the simulator that the other conditions do not use.
    """

    name: str
    group: str
    meaning: str
    mazes: Callable[[], MazeSet]
    rules: MazeRules
    episodes: int
    agent: Callable[[Agent, Trial], Agent] = lambda agent, trial: agent
    episodes_differ: bool = False
    elsewhere: bool = False


def conditions(
    suite: MazeSuite,
    mazes: MazeSet,
    other: str,
    seed: int = 0,
    of_training: bool = True,
    can_be_greedy: bool = True,
) -> Iterator[Condition]:
    """Yield all conditions of an agent, the agent as trained first.

    Args:
        suite: Suite of the training, with the split and number of mazes to test on.
        mazes: Mazes of the suite; trial i is on maze i.
        other: Name of the simulator that only one condition uses.
        seed: Seed of the targets of the condition that moves them.
        of_training: Whether the suite is known to be that of the training; meanings say so.
        can_be_greedy: Whether the agent has an attribute `greedy`, see `greedily`.
    """
    whose = "training" if of_training else "the suite"
    episodes = max(suite.episodes_per_trial, 2)
    plain = Condition(
        AS_TRAINED,
        "agent",
        f"mazes like those of {whose}",
        lambda: mazes,
        suite.rules,
        episodes,
        episodes_differ=suite.episodes_differ,
    )
    yield plain
    plain = replace(plain, episodes_differ=False)
    if can_be_greedy:
        yield replace(
            plain,
            name="greedy actions",
            meaning="takes the most likely action instead of a sampled one",
            agent=lambda agent, _: greedily(agent),
        )
    yield from _controls(plain)
    yield _other_targets(replace(plain, group="controls"), suite, mazes, seed)
    for name, scripted in SCRIPTED_AGENTS.all().items():
        yield replace(
            plain,
            name=name,
            group="baselines",
            meaning=scripted.description,
            agent=lambda _, trial, name=name, entry=scripted: scripted_agent(name, entry, trial),
        )
    yield from _elsewhere(replace(plain, group="generalisation"), suite, mazes, whose)
    yield replace(
        plain,
        name=f"in {other}",
        group="simulator",
        meaning="the same trials in the other simulator",
        elsewhere=True,
    )


def _controls(plain: Condition) -> Iterator[Condition]:
    plain = replace(plain, group="controls")
    for name, control in CONTROLS.all().items():
        meaning = (control.__doc__ or "").strip().partition("\n")[0].rstrip(".") or name
        yield replace(
            plain,
            name=name,
            meaning=meaning[0].lower() + meaning[1:],
            agent=lambda agent, trial, name=name, control=control: controlled(
                name, control, agent, trial.env.spaces
            ),
        )


def _other_targets(plain: Condition, suite: MazeSuite, mazes: MazeSet, seed: int) -> Condition:
    """The target moves between episodes; if it does so in training, it stays in place."""
    if suite.tasks.num_targets > 1:
        return replace(
            plain,
            name=IN_PLACE,
            meaning="the target of episode 1 in all episodes",
            mazes=lambda: target_in_place(mazes),
        )
    return replace(
        plain,
        name=MOVED,
        meaning="the target is in another room in each episode",
        mazes=lambda: move_targets(mazes, plain.episodes, seed),
        episodes_differ=True,
    )


def _elsewhere(
    plain: Condition, suite: MazeSuite, mazes: MazeSet, whose: str
) -> Iterator[Condition]:
    tasks = suite.tasks

    def drawn(**changes) -> Callable[[], MazeSet]:
        return lambda: as_many(replace(tasks, **changes))

    if plain.episodes < MORE_EPISODES:
        yield replace(
            plain,
            name=f"{MORE_EPISODES} episodes",
            meaning=f"more than the {suite.episodes_per_trial} of {whose}",
            episodes=MORE_EPISODES,
        )
    for rooms in SIZES:
        if rooms != tasks.rooms and tasks.num_starts + tasks.num_targets <= rooms**2:
            horizon = HORIZONS[suite.rules.movement][rooms]
            yield replace(
                plain,
                name=f"{rooms}x{rooms} rooms",
                meaning=f"a size not seen in {whose}, with a horizon of {horizon} steps",
                mazes=drawn(rooms=rooms),
                rules=replace(suite.rules, horizon=horizon),
            )
    for generator in GENERATORS:
        if generator != tasks.generator:
            yield replace(
                plain,
                name=f"generator {generator}",
                meaning="layouts of another generator, see mazes/generators",
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
    if tasks.num_starts == 1 and plain.episodes + tasks.num_targets <= tasks.rooms**2:
        yield replace(
            plain,
            name="new starts",
            meaning="each episode starts in another room, with the target in place",
            mazes=drawn(num_starts=plain.episodes),
            episodes_differ=True,
        )


def as_many(tasks: MazeTasks) -> MazeSet:
    """Draw the mazes of the settings; all there are if those are fewer."""
    try:
        return MazeSet.draw(tasks)
    except TooFewMazesError as error:
        return MazeSet(error.mazes)


def dressed(mazes: MazeSet, texture_sets: list[int]) -> MazeSet:
    """The same mazes in other textures, which alternate from maze to maze."""
    return MazeSet(
        [
            replace(maze, texture_set=texture_sets[index % len(texture_sets)])
            for index, maze in enumerate(mazes)
        ]
    )
