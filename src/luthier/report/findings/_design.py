"""The trainings of a study as rows of numbers: what was varied, and what came out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)

from luthier.report.findings._view import View

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """A hyperparameter that was varied, on a scale from 0 to 1."""

    name: str
    low: float
    high: float
    log: bool
    choices: tuple[Any, ...] = ()  #: when it is no number
    whole: bool = False  #: whole numbers only

    def unit(self, value: Any) -> float:
        """A value's place; outside [0, 1] beyond the range."""
        if self.choices:
            return self.choices.index(value) / max(1, len(self.choices) - 1) if value in self.choices else math.nan
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (self.log and value <= 0):
            return math.nan
        x, low, high = (self._scale(float(v)) for v in (value, self.low, self.high))
        return (x - low) / (high - low)

    def _scale(self, value: float) -> float:
        """Logarithms where the range has them; momentum counts by how many steps it averages, 1 / (1 - momentum)."""
        if self.name in ("momentum", "beta1", "beta2") and self.high < 1:
            return -math.log(1 - min(value, 1 - 1e-9))
        return math.log(value) if self.log else value


def axis_of(name: str, range_: BaseDistribution) -> Axis:
    """The axis of a range. Choices of numbers are ordered and, when all are positive, logarithmic."""
    if isinstance(range_, (FloatDistribution, IntDistribution)):
        whole = isinstance(range_, IntDistribution)
        return Axis(name, float(range_.low), float(range_.high), range_.log, (), whole)
    assert isinstance(range_, CategoricalDistribution)
    numbers = [float(c) for c in range_.choices if isinstance(c, (int, float)) and not isinstance(c, bool)]
    if len(numbers) == len(range_.choices) >= 2 and len(set(numbers)) >= 2:
        return Axis(name, min(numbers), max(numbers), min(numbers) > 0, (), all(n == round(n) for n in numbers))
    return Axis(name, 0, 1, False, tuple(range_.choices))


@dataclass(frozen=True)
class Design:
    """What was varied and what came out, one row for each competing training."""

    axes: tuple[Axis, ...]
    x: Array  #: (trainings, axes), unit scale
    scores: Array  #: best scores, larger is better; failed trainings at the lowest
    y: Array  #: the same, bounded below
    losses: Array  #: lowest validation losses; infinite where there is none

    @classmethod
    def of(cls, view: View) -> Design:
        """The design of a study; without trainings that the search gave up before half of their epochs."""
        ranges = {n: json_to_distribution(r) for n, r in view.history.space["ranges"].items()}
        axes = [axis_of(name, range_) for name, range_ in ranges.items()]
        rows, scores, losses = [], [], []
        for training in view.history.competing:
            if not training.failed and not _far(view, training.number):
                continue
            rows.append([axis.unit(training.config.get(axis.name)) for axis in axes])
            scores.append(-math.inf if training.failed else view.best(training.number))
            losses.append(math.inf if training.failed else float(view.series[training.number].val.min()))
        x, y = np.array(rows, dtype=np.float64).reshape(len(rows), len(axes)), np.array(scores, dtype=np.float64)
        moved = [j for j in range(len(axes)) if len({*x[:, j][np.isfinite(x[:, j])].tolist()}) > 1]
        whole = np.isfinite(x[:, moved]).all(1)
        raw = np.where(np.isfinite(y), y, y[np.isfinite(y)].min(initial=0.0))
        bounded = _bounded(y, view)[whole]
        return cls(tuple(axes[j] for j in moved), x[whole][:, moved], raw[whole], bounded, np.array(losses)[whole])

    @cached_property
    def rich(self) -> bool:
        """Whether there are enough rows to speak of effects."""
        return len(self.y) >= 5 and float(np.ptp(self.y)) > 1e-6


def _far(view: View, number: int) -> bool:
    series = view.series.get(number)
    if series is None:
        return False
    longest = max(float(s.epoch[-1]) for s in view.series.values())
    return series.complete or float(series.epoch[-1]) >= 0.5 * longest


def _bounded(scores: Array, view: View) -> Array:
    """Scores that no diverged training dominates: cut at thrice the distance of the median to the best.

    And at chance: what is worse than a constant answer is useless, however much worse.
    """
    finite = scores[np.isfinite(scores)]
    if len(finite) == 0:
        return np.zeros(len(scores))
    middle, best = float(np.median(finite)), float(finite.max())
    floor = max(float(finite.min()), middle - 3 * (best - middle)) if best > middle else float(finite.min())
    if view.history.chance is not None and view.sign * view.history.chance.metric < best:
        floor = max(floor, view.sign * view.history.chance.metric)
    bounded: Array = np.maximum(scores, floor)
    return bounded


def columns(x: Array, powers: int) -> Array:
    """Polynomial columns of each axis, centred: no interactions."""
    centred = 2 * x - 1
    parts = [np.ones((len(x), 1))] + [centred**p for p in range(1, powers + 1)]
    return np.concatenate(parts, axis=1)
