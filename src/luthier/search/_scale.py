"""The scale on which a model sees scores: the best differ visibly, and so do those that have hardly begun to learn."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: What is added to a distance to the best before its logarithm: of 0.1, 0.3, 1 and 3 the best at predicting final
#: values in partly run studies.
_OFFSET = 0.3
#: The same of progress; and the share of what was seen that counts as none (of 0.03 and 0.1, 0.1 and 0.2; dev/LOG.md).
_BARELY, _NONE = 0.1, 0.1
_HALVINGS = 50  #: of the interval in which the inverse is looked for: to the last digit


@dataclass(frozen=True)
class Scale:
    """Scores (larger is better) as minus the log of their distance to the best plus the log of their progress.

    The first is linear between good values and logarithmic below, down to a floor: a diverged training does not drown
    the rest. The second is the log of the distance to the worst tenth of what was seen: where nothing has learned much
    yet, twice the progress is a step of the same size, so that the model sees what progress depends on.
    """

    best: float
    width: float  #: of the best fifth of what was seen
    floor: float  #: of the first term: what is further below counts as this
    spread: float  #: one standard deviation of the first term
    start: float  #: scores down here show no progress
    rise: float  #: of half of what was seen, above ``start``
    progress_spread: float  #: one standard deviation of the second term; infinite: there is none
    whole: float  #: one standard deviation of the sum

    @classmethod
    def of(cls, scores: Array) -> Scale:
        """The scale for these scores. Equal scores have width 1."""
        best, median, worst = float(scores.max()), float(np.median(scores)), float(scores.min())
        width = max(best - float(np.quantile(scores, 0.8)), 1e-3 * (best - median)) or best - worst or 1.0
        raw = _nearness(scores, best, width)
        top = float(raw.max())
        floor = top - 3 * (top - float(np.median(raw))) if median < best else float(raw.min())
        spread = _deviation(np.maximum(raw, floor))
        start = float(np.quantile(scores, _NONE))
        rise = median - start or best - start
        progress_spread = _deviation(_progress(scores, start, rise)) if rise else math.inf
        plain = cls(best, width, floor, spread, start, rise or 1.0, progress_spread, 1.0)
        return replace(plain, whole=_deviation(plain(scores)))

    def __call__(self, scores: Array) -> Array:
        """0 for the best score, about -1 for a usual one."""
        near = np.maximum(_nearness(scores, self.best, self.width), self.floor) - self._top
        far = _progress(scores, self.start, self.rise) - _progress(self.best, self.start, self.rise)
        scaled: Array = (near / self.spread + far / self.progress_spread) / self.whole
        return scaled

    def score(self, values: Array) -> Array:
        """The inverse, down to where the scale ends; above the best score so far it goes on along its tangent."""
        lowest = min(self.start, self.best - self.width * (math.exp(-self.floor) - _OFFSET))
        low, high = np.full_like(values, lowest), np.full_like(values, self.best)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            under = self(middle) < values
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        progressed = (self.best - self.start) + _BARELY * self.rise
        slope = (1 / (self.width * _OFFSET * self.spread) + 1 / (progressed * self.progress_spread)) / self.whole
        score: Array = high + np.maximum(values, 0.0) / slope
        return score

    @property
    def _top(self) -> float:
        return -math.log(_OFFSET)


def _nearness(scores: Array, best: float, width: float) -> Array:
    raw: Array = -np.log((best - scores) / width + _OFFSET)
    return raw


def _progress(scores: Array | float, start: float, rise: float) -> Array:
    raw: Array = np.log(np.maximum(scores - start, 0.0) / rise + _BARELY)
    return raw


def _deviation(values: Array) -> float:
    return max(float(values.std()), 1e-6)
