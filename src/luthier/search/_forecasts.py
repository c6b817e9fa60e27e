"""Forecasts in the metric's own unit: where a training will stand, what more epochs bring, what is worth its time.

A forecast is of the best value up to an epoch, since the best epoch's weights are what a training yields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from luthier.records import Config
from luthier.search._outlook import Outlook, Runs

Array = NDArray[np.float64]

_QUANTILES = 40
#: Curves are no straight lines, and the process is too sure of itself. So the variance of a forecast grows with the
#: share of log epochs still to come, as of a random walk, and with its square, as of an unknown slope. In the units of
#: the model's scale; measured on LCBench's development sets and on recorded curves (dev/LOG.md).
WALK, SLOPE = 0.3, 0.4


@dataclass(frozen=True)
class Forecast:
    """A predicted value with its 90 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """What one could take: a training of this config to this epoch."""

    training: int
    config: Config
    epochs: float
    forecast: Forecast
    seconds: float  #: of training and evaluation from its begin


def of_quantiles(values: Array, sign: float) -> Forecast:
    """The forecast whose distribution these equally likely scores, in rising order, stand for."""
    low, high = np.quantile(values, [0.05, 0.95])
    ends = sorted([sign * float(low), sign * float(high)])
    return Forecast(sign * float(values.mean()), *ends)


def forecasts(outlook: Outlook, runs: Runs, horizons: Array, at_least: Array, sign: float) -> list[list[Forecast]]:
    """For each horizon and run. No score falls below ``at_least`` (one for each run), what it has shown already."""
    mean, deviation = outlook.predict(runs, horizons)
    ahead = np.maximum(outlook.remaining(runs.reached) - outlook.remaining(horizons), 0.0)
    deviation = np.sqrt(deviation**2 + WALK * ahead + SLOPE * ahead**2)
    z = ndtri((np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    scores = outlook.scores(mean[..., None] + deviation[..., None] * z)
    assert scores is not None
    scores = np.maximum(scores, at_least[:, None])
    return [[of_quantiles(values, sign) for values in row] for row in scores]


def gain(outlook: Outlook, runs: Runs, horizons: Array, best: float, rng: np.random.Generator) -> Forecast:
    """How much the best of these runs at these horizons will exceed the score ``best``.

    Runs are drawn independently of each other, 1000 times, with the deviations that decisions are made by: those of
    forecasts, of many runs the largest, would promise too much.
    """
    mean, deviation = outlook.predict(runs, horizons[None])
    drawn = mean[0] + deviation[0] * rng.normal(size=(1000, len(runs)))
    scores = outlook.scores(drawn.max(1, initial=-np.inf))
    assert scores is not None
    return of_quantiles(np.sort(np.maximum(scores - best, 0.0)), 1.0)


def non_dominated(choices: Sequence[Choice], sign: float) -> list[Choice]:
    """Those that no other equals in value for less time, in the order of time."""
    front: list[Choice] = []
    for choice in sorted(choices, key=lambda c: (c.seconds, -sign * c.forecast.mean)):
        if not front or sign * choice.forecast.mean > sign * front[-1].forecast.mean:
            front.append(choice)
    return front
