"""The varied hyperparameters as numbers between 0 and 1, for fits and drawings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Value
from luthier.report.history import History
from luthier.training import unused


@dataclass(frozen=True)
class Axis:
    """One varied hyperparameter."""

    name: str
    log: bool
    low: float
    high: float
    choices: tuple[Value, ...] = ()  #: empty for a number
    whole: bool = False  #: only whole numbers

    @property
    def distribution(self) -> BaseDistribution:
        """As Optuna's evaluators take it."""
        if self.choices:
            return CategoricalDistribution(self.choices)
        if self.whole:
            return IntDistribution(round(self.low), round(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def holds(self, value: Value) -> bool:
        """Whether the axis has a place for a value."""
        if self.choices:
            return any(value == c and type(value) is type(c) for c in self.choices)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return self.low <= value <= self.high

    def unit(self, values: Sequence[Value]) -> NDArray[np.float64]:
        """Numbers of the axis on [0, 1], logarithmic where the range is."""
        numbers = np.array(values, dtype=float)
        low, high = self.low, self.high
        if self.log:
            numbers, low, high = np.log(numbers), math.log(low), math.log(high)
        unit: NDArray[np.float64] = (numbers - low) / (high - low or 1.0)
        return unit


def acting(config: Config, name: str) -> Value:
    """The value of a hyperparameter; None where it has no effect, such as the momentum of Adam."""
    return None if name in _unused(str(config.get("optimizer", "SGD"))) else config.get(name)


@cache
def _unused(optimizer: str) -> frozenset[str]:
    return frozenset(unused(Config(optimizer=optimizer)))


def axes(history: History) -> dict[str, Axis]:
    """What the study varied, by name; ranges widened to the trainings that lie outside (the baseline may)."""
    found: dict[str, Axis] = {}
    ranges = history.space.get("ranges", {})
    for name in [*(n for n in HYPERPARAMETERS if n in ranges), *(n for n in ranges if n not in HYPERPARAMETERS)]:
        distribution = json_to_distribution(ranges[name])
        given = [t.config[name] for t in history.competing if name in t.config]
        if isinstance(distribution, CategoricalDistribution):
            found[name] = Axis(name, False, 0.0, 1.0, choices=tuple(distribution.choices))
        elif isinstance(distribution, (FloatDistribution, IntDistribution)):
            numbers = [float(v) for v in given if isinstance(v, (int, float)) and (v > 0 or not distribution.log)]
            low, high = min([distribution.low, *numbers]), max([distribution.high, *numbers])
            if low < high:
                whole = isinstance(distribution, IntDistribution)
                found[name] = Axis(name, distribution.log, float(low), float(high), whole=whole)
    return found
