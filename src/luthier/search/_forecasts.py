"""Forecasts in the metric's own unit: where a training will stand, what more epochs bring, what is worth its time.

A forecast is of the best value up to an epoch, since the best epoch's weights are what a training yields.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from luthier.errors import UsageError
from luthier.records import Config, Forecast
from luthier.search._outlook import Outlook, Runs
from luthier.search._trainings import EPSILON, Training, Trainings

Array = NDArray[np.float64]

_QUANTILES = 40
#: Curves are no straight lines, and the process is too sure of itself. So the variance of a forecast grows with the
#: share of log epochs between, as of a random walk, and with its square, as of an unknown slope. In the units of
#: the model's scale; measured on LCBench's development sets and on recorded curves (dev/LOG.md).
WALK, SLOPE = 0.3, 0.4

#: Share of the variance of what a search will find that its runs have in common; what its best score gained since a
#: quarter of the epochs so far, times this, is expected to be gained by as many epochs again; and the least share of
#: what the model expects that is left of it, where nothing was gained lately. So that its 90 % intervals hold, on
#: LCBench's development sets and on recorded curves (dev/LOG.md).
COMMON, AGAIN, LEAST = 0.5, 0.6, 0.02
#: Most searches gain little where a few gain much: shares of the upper end of the interval are raised to this power,
#: which leaves that end where it is and brings the mean down to what recorded searches gained (dev/LOG.md).
SKEW = 2.0


@dataclass(frozen=True)
class Choice:
    """What one could take: a training of this config to this epoch."""

    training: int
    config: Config
    epochs: float
    forecast: Forecast
    seconds: float  #: of training and evaluation from its begin


class Course:
    """The best score of a search by the epochs that were spent."""

    def __init__(self) -> None:
        self.best = -math.inf
        self._spent: list[float] = []
        self._best: list[float] = []

    def tell(self, spent: float, best: float) -> None:
        """Takes where the search stands."""
        self.best = best
        self._spent.append(spent)
        self._best.append(best)

    def lately(self, epochs: float) -> float | None:
        """What so many more epochs would gain if it went on as since a quarter of the epochs so far; None: unknown.

        Each doubling of the epochs counts as much.
        """
        spent = self._spent[-1] if self._spent else 0.0
        place = bisect_right(self._spent, spent / 4)
        if not place or not math.isfinite(self._best[place - 1]):
            return None
        return (self.best - self._best[place - 1]) * AGAIN * math.log2(1 + epochs / spent)


def of_quantiles(values: Array, sign: float) -> Forecast:
    """The forecast whose distribution these equally likely scores, in rising order, stand for."""
    low, high = np.quantile(values, [0.05, 0.95])
    ends = sorted([sign * float(low), sign * float(high)])
    return Forecast(sign * float(values.mean()), *ends)


def seen(training: Training, epoch: float, sign: float) -> Forecast | None:
    """What a training has shown by ``epoch``, where it came as far or is over; None where it must be guessed."""
    value = training.shown(epoch)
    known = math.isfinite(value) and (training.over or epoch <= training.reached + EPSILON)
    return Forecast(*[sign * value] * 3) if known else None


def need_values(outlook: Outlook) -> None:
    """Raises UsageError while the model has nothing to go by."""
    if not outlook.knows:
        raise UsageError(
            "nothing can be predicted yet: no training of the space has given a finite value and not failed; "
            "tell a result of one first"
        )


def of_training(outlook: Outlook, trainings: Trainings, number: int, epoch: float, sign: float) -> Forecast:
    """A training at ``epoch``: as it was seen; where it was not, as the model expects it."""
    training = trainings[number] if number in outlook.points else None
    known = None if training is None else seen(training, epoch, sign)
    if known is not None:
        return known
    need_values(outlook)
    if training is None:
        raise UsageError(f"training {number} is not known, or not in the space; give one that was told, or a config")
    if training.over and not math.isfinite(training.shown()):
        raise UsageError(
            f"training {number} is over and gave no finite value, so nothing can be predicted of it; "
            "give another one, or a config"
        )
    outlook.look(also=training)
    return _guess(outlook, training, epoch, sign)


def of_point(outlook: Outlook, point: Array, epoch: float, sign: float) -> Forecast:
    """A training at this point of the space that was not begun."""
    outlook.look()
    runs = outlook.new(point[None])
    return forecasts(outlook, runs, np.minimum([[epoch]], runs.ends), sign)[0][0]


def _guess(outlook: Outlook, training: Training, epoch: float, sign: float) -> Forecast:
    """What a training is expected to have shown by ``epoch``: no less than before, no more than soon after."""
    least, most = training.shown(epoch), math.inf
    if epoch <= training.reached + EPSILON:
        most = training.first
    runs = outlook.begun([training])
    return forecasts(outlook, runs, np.minimum([[epoch]], runs.ends), sign, np.array([least]), most)[0][0]


def forecasts(
    outlook: Outlook,
    runs: Runs,
    horizons: Array,
    sign: float,
    at_least: Array | float = -math.inf,
    at_most: float = math.inf,
) -> list[list[Forecast]]:
    """For each horizon and run. No score falls below what the run (one value each) has shown, or above ``at_most``."""
    mean, deviation = _ahead(outlook, runs, horizons)
    z = ndtri((np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    scores = outlook.scores(mean[..., None] + deviation[..., None] * z)
    assert scores is not None
    scores = np.clip(scores, np.reshape(at_least, (-1, 1)), at_most)
    return [[of_quantiles(values, sign) for values in row] for row in scores]


def _ahead(outlook: Outlook, runs: Runs, horizons: Array) -> tuple[Array, Array]:
    """Means and honest standard deviations on the model's scale."""
    mean, deviation = outlook.predict(runs, horizons)
    ahead = np.abs(outlook.remaining(runs.reached) - outlook.remaining(horizons))
    return mean, np.sqrt(deviation**2 + WALK * ahead + SLOPE * ahead**2)


def spend(outlook: Outlook, runs: Runs, worth: Array, epochs: float) -> tuple[Runs, Array]:
    """Those of the runs that ``epochs`` are worth most at, and how far these take them."""
    taken: list[int] = []
    horizons: list[float] = []
    left = float(epochs)
    while left > EPSILON and worth.max(initial=0.0) > 0:
        k = int(worth.argmax())
        horizons.append(min(runs.ends[k], runs.reached[k] + left))
        left -= horizons[-1] - runs.reached[k]
        taken.append(k)
        worth = worth * outlook.novelty(runs.features, runs.features[k])
        worth[k] = 0.0
    return runs.take(taken), np.array(horizons)


def gain(
    outlook: Outlook,
    runs: Runs,
    horizons: Array,
    best: float,
    lately: float | None,
    rng: np.random.Generator,
) -> Forecast:
    """How much the best of these runs at these horizons will exceed the score ``best``.

    Runs are drawn 1000 times. What a model misjudges it misjudges in all of them, so that they are half luck of their
    own, half in common. ``lately`` is what the search's own course has led to expect: they are scaled to the geometric
    mean of both, and skewed.
    """
    mean, deviation = _ahead(outlook, runs, horizons[None])
    own, common = rng.normal(size=(1000, len(runs))), rng.normal(size=(1000, 1))
    drawn = mean[0] + deviation[0] * (COMMON**0.5 * common + (1 - COMMON) ** 0.5 * own)
    scores = outlook.scores(drawn.max(1, initial=-np.inf))
    assert scores is not None
    gains = np.sort(np.maximum(scores - best, 0.0))
    expected = float(gains.mean())
    if lately is not None and expected > 0:
        gains *= math.sqrt(max(lately, LEAST * expected) / expected)
    high = float(np.quantile(gains, 0.95))
    gains = high * (gains / high) ** SKEW if high > 0 else gains
    return of_quantiles(gains, 1.0)


def plateau(epochs: Array, values: Sequence[float], tolerance: float, sign: float) -> float:
    """The first of these epochs whose value is within ``tolerance`` of the best of all."""
    best = max(values, key=lambda value: sign * value)
    return float(epochs[[abs(value - best) <= tolerance for value in values].index(True)])


def front(outlook: Outlook, trainings: Sequence[Training], steps: Array, sign: float) -> list[Choice]:
    """What of these trainings, after so many epochs (``steps``), nothing beats in value and time."""
    guessed = _guesses(outlook, [t for t in trainings if not t.over], steps, sign)
    choices = []
    for t in trainings:
        for step in steps:
            epoch = min(float(step), t.end)
            forecast = seen(t, epoch, sign) or guessed.get((t.number, epoch))
            if forecast is not None:
                choices.append(Choice(t.number, t.config, epoch, forecast, t.seconds / t.reached * epoch))
    return non_dominated(choices, sign)


def _guesses(
    outlook: Outlook, trainings: Sequence[Training], steps: Array, sign: float
) -> dict[tuple[int, float], Forecast]:
    """What trainings are expected to show at the steps that are before them, by number and epoch."""
    if not trainings:
        return {}
    runs = outlook.begun(trainings)
    horizons = np.minimum(steps[:, None], runs.ends)
    rows = forecasts(outlook, runs, horizons, sign, np.array([t.shown() for t in trainings]))
    return {
        (t.number, float(epoch)): forecast
        for at, row in zip(horizons, rows, strict=True)
        for t, epoch, forecast in zip(trainings, at, row, strict=True)
        if epoch > t.reached + EPSILON
    }


def non_dominated(choices: Sequence[Choice], sign: float) -> list[Choice]:
    """Those that no other equals in value for less time, in the order of time."""
    front: list[Choice] = []
    for choice in sorted(choices, key=lambda c: (c.seconds, -sign * c.forecast.mean)):
        if not front or sign * choice.forecast.mean > sign * front[-1].forecast.mean:
            front.append(choice)
    return front
