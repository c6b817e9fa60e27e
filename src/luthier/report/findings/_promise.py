"""What a step beyond the end of a range promises, by the values within it. Larger values are better.

``out`` are the places of the trainings in the range, larger towards its end; a step is a share of the range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from luthier.report.findings._statistics import ramp, surely

Array = NDArray[np.float64]

SURE = 0.9  #: that a step beyond brings more than luck
LIKELY = 0.7  #: that it brings what is worth it, by the scatter about a curve
WORTH = 0.05  #: a gain of the logarithm of a loss, or of errors
ORDERED = 0.01  #: the chance that luck brings trainings into so good an order
RISING = 0.05  #: the chance that luck lets values rise so much towards the end
NEAR = 0.2  #: the part of the range near the end whose slope is continued
NEARBY = 0.08  #: of the range; values as near as this to the outermost are one
#: Of a hyperparameter; the slope near the end is then that of three, since one may be lucky, unless it was often tried.
FEW_VALUES, SEVERAL = 6, 3
LEAST = 5  #: trainings that a curve near the end goes through
LEAST_SCATTER = 0.015  #: of logarithms of losses: better than this none is known, however well a curve fits


class Promise(NamedTuple):
    """A gain, and how surely there is one."""

    gain: float
    sure: float


def by_luck(out: Array, values: Array, step: float, luck: float) -> Promise | None:
    """Near the end values rise by more than luck does: their standard deviation by the draw of samples."""
    if not _rises(out, values):
        return None
    gain, share = _slope(out, values, step)
    sure = surely(gain - luck, luck * max(1.0, share))
    return Promise(gain, sure) if sure >= SURE else None


def by_order(out: Array, measures: Sequence[Array], step: float) -> Promise | None:
    """Each measure is in so good an order as luck seldom makes, and goes on rising.

    Of several measures, which are then near their ceilings, a curve must promise as much as a line does.
    """
    if not all(_ordered(out, values) for values in measures):
        return None
    gains = [_slope(out, values, step)[0] for values in measures]
    if len(measures) > 1:
        gains += [fit.gain for values in measures for fit in _curves(out, values, step)[-1:]]
    enough = 1.5 * len(measures) * WORTH
    return Promise(min(gains), SURE * ramp(min(gains), 0.0, enough)) if min(gains) >= enough else None


def by_curves(out: Array, measures: Sequence[Array], step: float) -> Promise | None:
    """A line and a parabola through the outer half, each as likely as it fits, promise a gain that is worth it.

    The mean over the measures. All values are of the same validation samples, so their differences are known far better
    than the values: by the scatter about the curve.
    """
    promised = []
    for values in measures:
        fits = _curves(out, values, step)
        if not fits or not _rises(out, values):
            return None
        odds = np.exp([fit.odds - max(f.odds for f in fits) for fit in fits])
        promised.append(odds / odds.sum() @ np.array([(fit.gain, fit.sure) for fit in fits]))
    gain, sure = np.mean(promised, axis=0)
    return Promise(float(gain), float(sure)) if sure >= LIKELY else None


def _rises(out: Array, values: Array) -> bool:
    """Whether values rise towards the outer end, in rank, by more than chance."""
    if np.ptp(values) == 0 or np.ptp(out) == 0:
        return False
    from scipy.stats import spearmanr  # a second, only where a range has an end to be asked about

    found = spearmanr(out, values)
    return bool(found.statistic > 0 and found.pvalue < RISING)


def _ordered(out: Array, values: Array) -> bool:
    """Whether values rise towards the outer end throughout, and at the outermost three places."""
    places = np.unique(out.round(6))[-3:]
    last = [float(values[out.round(6) == place].mean()) for place in places]
    from scipy.stats import kendalltau

    found = kendalltau(out, values, alternative="greater")
    return bool(found.pvalue < ORDERED and (np.diff(last) > 0).all())


class _Fit(NamedTuple):
    gain: float
    sure: float
    odds: float  #: logarithm of how likely this curve is, without a constant: Schwarz 1978 (Annals of Statistics 6)


def _curves(out: Array, values: Array, step: float) -> list[_Fit]:
    """A line and, where there are enough places for it, a parabola through the values of the outer half."""
    outer = out > min(out.max() - 0.5, float(np.sort(out)[-min(LEAST, len(out))]) - 1e-9)
    x, y = out[outer] - out.max(), values[outer]
    n, fits = len(x), []
    for degree in (1, 2):
        free = n - degree - 1
        if free < 1 or len(np.unique(x.round(3))) <= degree:
            break
        powers = np.vander(x, degree + 1)
        fit, *_ = np.linalg.lstsq(powers, y, rcond=None)
        squares = float(((y - powers @ fit) ** 2).sum())
        ahead = np.vander([step], degree + 1)[0] - np.vander([0.0], degree + 1)[0]
        gain, spread = float(ahead @ fit), float(ahead @ np.linalg.pinv(powers.T @ powers) @ ahead)
        error = np.sqrt(spread * (squares + 2 * LEAST_SCATTER**2) / (free + 2))
        odds = -0.5 * n * np.log(squares / n + LEAST_SCATTER**2) - 0.5 * (degree + 1) * np.log(n)
        fits.append(_Fit(gain, float(stdtr(free + 2, (gain - WORTH) / error)), float(odds)))
    return fits


def _slope(out: Array, values: Array, step: float) -> tuple[float, float]:
    """What a step beyond adds by a line, and how its error compares with that of a single value.

    The smaller of two slopes counts: of the values near the end, and from the outermost to the next; so what levels off
    promises little.
    """
    weights = np.exp(-(((out.max() - out) / NEAR) ** 2))
    outer = out > out.max() - NEARBY
    apart = np.flatnonzero(~outer)
    if len(apart) == 0 or (weights > 0.02).sum() < 2:
        return 0.0, 1.0
    second = int(apart[out[apart].argmax()])
    width = float(out[outer].mean() - out[second])
    places, counts = np.unique(out.round(6), return_counts=True)
    pair = float(values[outer].mean() - values[second]) / width
    if 3 <= len(places) <= FEW_VALUES:
        last = out > places[-3] - 1e-5
        slope = float(np.polyfit(out[last], values[last], 1)[0])
        if counts[-2:].min() >= SEVERAL:
            pair = float(values[out > places[-1] - 1e-5].mean() - values[np.isclose(out, places[-2], atol=1e-5)].mean())
            slope = min(slope, pair / (places[-1] - places[-2]))
    else:
        slope = min(pair, float(np.polyfit(out, values, 1, w=np.sqrt(weights))[0]))
    return slope * step, float(np.sqrt(1 / outer.sum() + 1)) * min(1.0, step / width)
