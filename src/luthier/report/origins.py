"""Where the range of each hyperparameter of a study comes from, and what was believed of it before the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)

from luthier.records import Belief, Value
from luthier.search import INFORMED, NEAR_ONE, expected
from luthier.search._priors import CAPACITY, DROPOUT  # spreads that no Belief can hold: they are no factors
from luthier.space import Space, describe
from luthier.study import Study

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

    @property
    def expected(self) -> str:
        """In words; empty where nothing is known."""
        return "" if self.expectation is None else str(self.expectation)


def origins(folder: str | Path, *, storage: str | None = None) -> tuple[Origin, ...]:
    """The table of the study in ``folder``. Raises StudyError when there is none."""
    study = Study.load(storage or folder)
    space = study.description.space
    ranges = {name: json_to_distribution(text) for name, text in space["ranges"].items()}
    if study.description.search not in INFORMED:
        return tuple(row for name in ranges for row in _rows(name, ranges[name], study.sources, ()))
    # The user's own setting holds what the space leaves open.
    own = next((dict(r.slice.config) for r in study.results() if r.slice.training == 0), {})
    known = expected(Space({**ranges, **space["fixed"]}), own, study.beliefs or ())
    found: list[Origin] = []
    for name, range_ in ranges.items():
        spread = _spread(name, range_) if all(b.name != name for b in known) else None
        rows = _rows(name, range_, study.sources, known)
        found += rows if spread is None else [Origin(name, rows[0].range, rows[0].range_source, *spread)]
    return tuple(found)


def _rows(name: str, range_: BaseDistribution, sources: dict[str, str], known: Sequence[Belief]) -> list[Origin]:
    source, text = sources.get(name, YOURS), describe(range_)
    found = [Origin(name, text, source, of_belief(b), b.source) for b in known if b.name == name]
    return found or [Origin(name, text, source, None, "")]


def of_belief(belief: Belief) -> Expected:
    """What a belief says in numbers."""
    low, high = belief.centre / belief.factor, belief.centre * belief.factor
    if belief.name in NEAR_ONE:
        low, high = 1 - (1 - belief.centre) * belief.factor, 1 - (1 - belief.centre) / belief.factor
    low = low if belief.low is None else max(low, belief.low)
    high = high if belief.high is None else min(high, belief.high)
    at = tuple((name, belief.at[name]) for name in belief.follows)
    return Expected(belief.centre, low, high, tuple(belief.given.values()), at)


def _spread(name: str, range_: BaseDistribution) -> tuple[Expected, str] | None:
    """What is expected of the size of a model and of dropout, by a standard deviation to either side."""
    if isinstance(range_, CategoricalDistribution) or not isinstance(range_, (FloatDistribution, IntDistribution)):
        return None
    bottom, top = float(range_.low), float(range_.high)

    def place(unit: float) -> float:
        unit = min(1.0, max(0.0, unit))
        value = bottom * (top / bottom) ** unit if range_.log else bottom + unit * (top - bottom)
        return float(round(value)) if isinstance(range_, IntDistribution) else value

    if name == "dropout":
        centre, low, high = (min(top, max(bottom, DROPOUT[0] + k * DROPOUT[1])) for k in (0, -1, 1))
        return Expected(centre, low, high), "Srivastava et al. 2014 (JMLR): 0.2 of inputs to 0.5 of hidden units"
    if name in ("layers", "units"):
        centre, low, high = (place(CAPACITY[0] + k * CAPACITY[1]) for k in (0, -1, 1))
        return Expected(centre, low, high), "Bengio 2012 (arXiv 1206.5533): larger than optimal seldom hurts"
    return None
