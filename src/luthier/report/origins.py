"""Where the range of each hyperparameter of a study comes from, and what was believed of it before the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution, json_to_distribution

from luthier.records import Belief, Value
from luthier.report.history import History
from luthier.search import INFORMED, NEAR_ONE, expected, expected_choice, expected_spread
from luthier.space import Space, describe

#: The source of a range that says nothing of its own.
YOURS = "your setting"


@dataclass(frozen=True)
class Expected:
    """Where two in three good values were thought to lie."""

    centre: float
    low: float
    high: float
    given: tuple[Value, ...] = ()  #: what it holds for, such as an optimizer; nothing: for all
    at: tuple[tuple[str, float], ...] = ()  #: values of others that it follows

    def __str__(self) -> str:
        """``about 0.02 (0.01 to 0.04) for SGD at batch_size 64``."""
        text = f"about {self.centre:.3g} ({self.low:.3g} to {self.high:.3g})"
        if self.given:
            text += f" for {', '.join(map(str, self.given))}"
        if self.at:
            text += f" at {' and '.join(f'{name} {value:.3g}' for name, value in self.at)}"
        return text


@dataclass(frozen=True)
class Origin:
    """One row of the table: a hyperparameter, or what is expected of it for one optimizer."""

    name: str
    range: str  #: in words
    range_source: str
    expectation: Expected | None  #: None where nothing is known
    expected_source: str  #: literature, your setting, a probe
    first: Value = None  #: of a choice, what is tried before others and oftener

    @property
    def expected(self) -> str:
        """In words; empty where nothing is known."""
        known = self.first if self.expectation is None else self.expectation
        return "" if known is None else str(known)


def origins(history: History) -> tuple[Origin, ...]:
    """The table of a study."""
    ranges = {name: json_to_distribution(text) for name, text in history.space["ranges"].items()}
    if history.search not in INFORMED:
        return tuple(row for name in ranges for row in _rows(name, ranges[name], history.sources, ()))
    # The user's own setting holds what the space leaves open.
    own = next((dict(t.config) for t in history.trainings if t.number == 0), {})
    known = expected(Space({**ranges, **history.space["fixed"]}), own, history.beliefs)
    found: list[Origin] = []
    for name, range_ in ranges.items():
        spread = expected_spread(name, range_) if all(b.name != name for b in known) else None
        rows = _rows(name, range_, history.sources, known)
        if spread is not None:
            centre, low, high, source = spread
            rows = [replace(rows[0], expectation=Expected(centre, low, high), expected_source=source)]
        usual = expected_choice(name, range_)
        if usual is not None:
            rows = [replace(rows[0], first=usual[0], expected_source=usual[1])]
        found += rows
    return tuple(found)


def _rows(name: str, range_: BaseDistribution, sources: Mapping[str, str], known: Sequence[Belief]) -> list[Origin]:
    source, text = sources.get(name, YOURS), describe(range_)
    found = [Origin(name, text, source, _within(of_belief(b), range_), b.source) for b in known if b.name == name]
    return found or [Origin(name, text, source, None, "")]


def _within(told: Expected, range_: BaseDistribution) -> Expected:
    """No further than the range, where the search cannot go; as it is where the range holds none of it."""
    if not isinstance(range_, (FloatDistribution, IntDistribution)) or not range_.low <= told.centre <= range_.high:
        return told
    return replace(told, low=max(told.low, float(range_.low)), high=min(told.high, float(range_.high)))


def of_belief(belief: Belief) -> Expected:
    """What a belief says in numbers."""
    low, high = belief.centre / belief.factor, belief.centre * belief.factor
    if belief.name in NEAR_ONE:
        low, high = 1 - (1 - belief.centre) * belief.factor, 1 - (1 - belief.centre) / belief.factor
    low = low if belief.low is None else max(low, belief.low)
    high = high if belief.high is None else min(high, belief.high)
    at = tuple((name, belief.at[name]) for name in belief.follows)
    return Expected(belief.centre, low, high, tuple(belief.given.values()), at)
