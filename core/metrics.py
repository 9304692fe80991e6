"""Metrics by name, so that a new metric is one new file in eval/metrics.

A metric is a function with a name, a title, a unit and a direction. Programs compute every metric
of the registry; tables, reports and model cards take names, titles and units from it:

    @METRICS.metric("success", "success", unit="share", direction="higher", interval="Wilson")
    def success(episode: Episode, rng: np.random.Generator) -> Estimate:
        '''Share of episodes that reach the target.'''
        return share(episode.success)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .forms.entries import made_by
from .forms.metric import Direction, Unit, problem_of
from .registries.registry import Registry


@dataclass(frozen=True)
class Metric:
    """A figure of a log of trials.

    Attributes:
        name: Key in results.json, CSV files and model cards; its interval is `NAME_ci`.
        title: Name in tables and charts.
        unit: `share` (0 to 1, shown in per cent), `ratio`, `steps`, `reward`, `trials` (a number of
            trials) or `count` (per episode).
        direction: Whether higher or lower is better; None if neither.
        function: Of the episode, or of the first episode and a later one (see `compares`), and the
            random generator of the bootstrap. Returns an estimate, or without `interval` a number.
        compares: Whether it compares a later episode of each trial with the first.
        interval: Method of the 95 % interval: Wilson, Student or bootstrap; None if there is none.
        needs: Attributes of `eval.metrics.episode.Episode` that must be known.
        on_card: Whether model cards record it.
        headline: Whether short tables show it, such as that of rl2-eval; reports show all metrics.
    """

    name: str
    title: str
    unit: Unit
    direction: Direction | None
    function: Callable[..., Any]
    compares: bool = False
    interval: str | None = None
    needs: tuple[str, ...] = ()
    on_card: bool = False
    headline: bool = False

    @property
    def meaning(self) -> str:
        """First line of the function's docstring."""
        return (self.function.__doc__ or self.title).splitlines()[0]


class MetricRegistry(Registry[Metric]):
    """Metrics in the order in which tables show them: that of the modules, then of definition."""

    def __init__(self, kind: str, modules: Sequence[str] = ()):
        made = made_by(Metric, "METRICS.metric")
        super().__init__(kind, modules, lambda entry: made(entry) or problem_of(entry))
        self._order = {module: index for index, module in enumerate(modules)}

    def all(self) -> dict[str, Metric]:
        """Every metric by name, in an order that does not depend on who imported what first."""

        def place(metric: Metric) -> int:
            return self._order.get(getattr(metric.function, "__module__", ""), len(self._order))

        return dict(sorted(super().all().items(), key=lambda item: place(item[1])))

    def source(self, entry: Any) -> Any:
        """The metric's function."""
        return getattr(entry, "function", entry)

    def metric(
        self,
        name: str,
        title: str,
        unit: Unit,
        direction: Direction | None = None,
        compares: bool = False,
        interval: str | None = None,
        needs: Sequence[str] = (),
        on_card: bool = False,
        headline: bool = False,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator that registers a function; the arguments are the fields of `Metric`."""

        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            names: Any = tuple(needs) if isinstance(needs, list) else needs
            how = (compares, interval, names, on_card, headline)
            self.add(name, Metric(name, title, unit, direction, function, *how))
            return function

        return enter


METRICS = MetricRegistry(
    "metric",
    [  # the package last: it also holds any further file
        "rl2_mazes.eval.metrics.per_episode",
        "rl2_mazes.eval.metrics.comparison",
        "rl2_mazes.eval.metrics.behaviour",
        "rl2_mazes.eval.metrics.exploration",
        "rl2_mazes.eval.metrics.detours",
        "rl2_mazes.eval.metrics.saved_by_memory",
        "rl2_mazes.eval.metrics",
    ],
)
