"""A space as a cube: every config a point, every point a config."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

Array = NDArray[np.float64]


_DIGITS, _MOST_DIGITS = 5, 17  #: of a proposed number: more read badly; no float has more


class Axis:
    """One range. Numbers lie in [0, 1] on its (log) scale, a choice is its index."""

    def __init__(self, distribution: BaseDistribution):
        self.choices: tuple[Any, ...] | None = None
        if isinstance(distribution, CategoricalDistribution):
            self.choices = distribution.choices
            return
        assert isinstance(distribution, (FloatDistribution, IntDistribution))
        self._low, self._high = float(distribution.low), float(distribution.high)
        self._log, self._integer = distribution.log, isinstance(distribution, IntDistribution)
        self._step = distribution.step
        self._digits = _digits(self._low, self._high, self._log)

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest number."""
        return self._low, self._high

    def unit(self, value: Any) -> float:
        """Where a value lies; numbers beyond the range lie outside of [0, 1]."""
        if self.choices is not None:
            return float(self.choices.index(value))
        if self._high == self._low:
            return 0.5
        if self._log:
            return math.log(float(value) / self._low) / math.log(self._high / self._low)
        return (float(value) - self._low) / (self._high - self._low)

    def units(self, values: Array) -> Array:
        """Where numbers lie."""
        if self._high == self._low:
            return np.full(len(values), 0.5)
        if self._log:
            found: Array = np.log(values / self._low) / math.log(self._high / self._low)
        else:
            found = (values - self._low) / (self._high - self._low)
        return found

    def values(self, units: Array) -> Array:
        """Numbers at these positions, on the grid of a range that has one."""
        units = np.clip(units, 0.0, 1.0)
        values = (
            self._low * (self._high / self._low) ** units if self._log else self._low + units * (self._high - self._low)
        )
        if self._step is not None:
            values = self._low + np.round((values - self._low) / self._step) * self._step
        return np.clip(values, self._low, self._high)

    def snap(self, units: Array) -> Array:
        """The nearest positions that are values."""
        if self.choices is not None:
            return np.clip(np.round(units), 0, len(self.choices) - 1)
        if self._step is None or self._high == self._low:
            return np.clip(units, 0.0, 1.0)
        return self.units(self.values(units))

    def value(self, unit: float) -> Any:
        """The value at a position."""
        if self.choices is not None:
            return self.choices[round(unit)]
        value = float(self.values(np.array([unit]))[0])
        if self._integer:
            return round(value)
        # More digits mean nothing and read badly.
        return min(max(float(f"{value:.{self._digits}g}"), self._low), self._high) if self._step is None else value


def _digits(low: float, high: float, log: bool) -> int:
    """How many digits of a number matter: 5, or more where these would leave a range fewer than 1000 values."""
    if not low < high:
        return _DIGITS
    if log:
        first, width = 1, math.log(high) - math.log(low)  # of a number against itself
    else:
        first, width = math.floor(math.log10(max(-low, high))) + 1, high - low
    needed = first + 3 - math.log10(width)
    return math.ceil(min(_MOST_DIGITS, max(_DIGITS, needed - 1e-9)))


class Axes:
    """All ranges of a space, in the order of their names."""

    def __init__(self, ranges: Mapping[str, BaseDistribution]):
        self.axes = {name: Axis(ranges[name]) for name in sorted(ranges)}
        self.names = tuple(self.axes)
        self._column = {name: k for k, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def called(self, names: Mapping[str, str]) -> Axes:
        """The same axes in the same order, some of them under other names."""
        made = copy(self)
        made.axes = {names.get(name, name): axis for name, axis in self.axes.items()}
        made.names = tuple(made.axes)
        made._column = {name: k for k, name in enumerate(made.names)}
        return made

    def column(self, points: Array, name: str) -> Array:
        """The coordinate of ``name`` of all points."""
        column: Array = points[:, self._column[name]]
        return column

    def point(self, params: Mapping[str, Any]) -> Array:
        """Where a config lies."""
        return np.array([axis.unit(params[name]) for name, axis in self.axes.items()])

    def params(self, point: Array) -> dict[str, Any]:
        """The values at a point."""
        return {name: axis.value(float(u)) for (name, axis), u in zip(self.axes.items(), point, strict=True)}

    def snap(self, points: Array) -> Array:
        """The points of configs nearest to these."""
        columns = [axis.snap(points[:, k]) for k, axis in enumerate(self.axes.values())]
        return np.stack(columns, 1) if columns else points

    def uniform(self, rng: np.random.Generator, count: int) -> Array:
        """Points from all of the space."""
        units = rng.random((count, len(self)))
        for k, axis in enumerate(self.axes.values()):
            if axis.choices is not None:
                units[:, k] = np.floor(units[:, k] * len(axis.choices))
        return self.snap(units)

    def mutated(self, rng: np.random.Generator, points: Array) -> Array:
        """Each point with some coordinates changed, by a step of its own between 0.03 and 0.4 of the range.

        Steps end at the bounds: there the best often lie.
        """
        count = len(points)
        step = np.exp(rng.uniform(np.log(0.03), np.log(0.4), (count, 1)))
        share = rng.choice([0.15, 0.3, 0.6, 1.0], (count, 1))
        change = rng.random(points.shape) < share
        moved = points + step * rng.normal(size=points.shape) * change
        for k, axis in enumerate(self.axes.values()):
            if axis.choices is not None:
                again = change[:, k] & (rng.random(count) < 0.5)
                drawn = np.floor(rng.random(count) * len(axis.choices))
                moved[:, k] = np.where(again, drawn, points[:, k])
        return self.snap(moved)

    def width(self, name: str) -> int:
        """How many columns of the features a hyperparameter has."""
        return len(self.axes[name].choices or (name,))

    def features(self, points: Array) -> Array:
        """What the model of curves measures distances by: a choice becomes one column for each of its values."""
        columns = []
        for k, axis in enumerate(self.axes.values()):
            if axis.choices is None:
                columns.append(points[:, k : k + 1])
            else:
                columns.append((points[:, k : k + 1] == np.arange(len(axis.choices))) * 0.5)
        return np.concatenate(columns, 1) if columns else np.zeros((len(points), 1))
