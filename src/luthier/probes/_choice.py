"""Which learning rates short trainings try, and which one their losses speak for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from luthier.probes._base import Interval
from luthier.probes._range_analysis import CLEAR_FALL, Reading
from luthier.probes._short import Shown

#: The constants below were chosen on the calibration half of the settings in ``benchmarks/lr_range_settings.py``.
#: The lowest lr that is tried, as a fraction of the one where the range tests fall fastest; the highest is the largest
#: stable one.
BELOW_STEEPEST = 0.25
#: Repeats whose steepest fall lies in an interval wider than this factor disagree: then only the largest stable lr
#: counts, and the lowest lr tried is this fraction of it.
DISAGREE = 30.0
#: Fewest factors between the lowest and the highest lr tried.
SPAN = 8.0
#: Final losses that differ by this share of the whole fall are about as good.
TOLERANCE = 0.03
#: The best lr is about so many times the one where the range tests fall fastest.
STEEPEST_TO_BEST = 3.0
#: Standard deviations of log(best lr / estimate): of the middle of the short trainings, and of STEEPEST_TO_BEST times
#: the steepest lr where the repeats agree on that. They err independently, so that together they err less.
SHORT_ERROR, RANGE_ERROR = 0.4, 0.6
#: Standard deviation of log(best lr / suggestion), without short trainings and with them. How much the losses spread
#: between the short trainings said nothing about it.
SPREAD_ALONE, SPREAD = 0.7, 0.54
NORMAL_90 = 1.645


@dataclass(frozen=True)
class Choice:
    """The suggested lr with its interval, and why not to rely on it, if so."""

    lr: float
    interval: Interval
    reason: str = ""


def first_lrs(reading: Reading, count: int, bounds: tuple[float, float] = (0.0, math.inf)) -> list[float]:
    """``count`` learning rates in equal ratios, from below the steepest fall to the largest stable one.

    Of these the part within ``bounds``; all of the bounds where no part is.
    """
    high = reading.largest_stable
    low = high / DISAGREE if disagree(reading) else BELOW_STEEPEST * reading.steepest
    low, high = max(min(low, high / SPAN), bounds[0]), min(high, bounds[1])
    if low >= high:
        low, high = bounds
    return [min(max(_rounded(v), bounds[0]), bounds[1]) for v in np.geomspace(low, high, count)]


def disagree(reading: Reading) -> bool:
    """Whether the repeats put the steepest fall at very different lrs."""
    return reading.steepest_interval.high > DISAGREE * reading.steepest_interval.low


def beyond(shown: Sequence[Shown]) -> float | None:
    """The next lr outward when the best of ``shown`` (by rising lr) is the lowest or highest, else None."""
    best = min(range(len(shown)), key=lambda i: shown[i].val_loss)
    ratio = (shown[-1].lr / shown[0].lr) ** (1 / (len(shown) - 1))
    if best == 0:
        return _rounded(shown[0].lr / ratio)
    return _rounded(shown[-1].lr * ratio) if best == len(shown) - 1 else None


def next_lrs(shown: Sequence[Shown], count: int) -> list[float]:
    """The ``count`` best ones that did not diverge."""
    alive = [s for s in shown if math.isfinite(s.val_loss)]
    return [s.lr for s in sorted(alive, key=lambda s: s.val_loss)[:count]]


def choose(reading: Reading, shown: Sequence[Shown]) -> Choice:
    """The lr that the short trainings and the range tests speak for."""
    if not shown:
        return _alone(reading)
    finite = [s for s in shown if math.isfinite(s.val_loss)]
    if not finite:
        return _around(reading.steepest, 2.0, "every short training diverged")
    furthest = max(s.epoch for s in finite)
    last = [s for s in finite if s.epoch == furthest]
    lowest = min(s.val_loss for s in last)
    start, fall = reading.start, reading.start - lowest
    if fall <= CLEAR_FALL * reading.start_error:
        reason = (
            f"no short training brought the validation loss ({lowest:.3g}) below the loss at the start ({start:.3g})"
        )
        return _around(reading.steepest, 2.0, reason)
    return _around(_blended(reading, middle_lr(last, TOLERANCE * fall), last), SPREAD)


def _blended(reading: Reading, middle: float, last: Sequence[Shown]) -> float:
    """The mean in log lr of the two estimates, weighted by inverse variances.

    Where the best of the ``last`` is the lowest or highest lr, the best one may lie further out: then the range tests
    do not pull inward.
    """
    alone = STEEPEST_TO_BEST * reading.steepest
    best = min(last, key=lambda s: s.val_loss).lr
    lrs = [s.lr for s in last]
    if (best == max(lrs) and alone < middle) or (best == min(lrs) and alone > middle):
        return middle
    interval = reading.steepest_interval
    between = math.log(interval.high / interval.low) / (2 * NORMAL_90)
    share = SHORT_ERROR**2 / (SHORT_ERROR**2 + RANGE_ERROR**2 + between**2)
    return math.exp((1 - share) * math.log(middle) + share * math.log(alone))


def middle_lr(shown: Sequence[Shown], tolerance: float) -> float:
    """The mean in log lr, weighted by exp(-(loss - lowest) / tolerance).

    Where several are about as good, it is the middle of them rather than the luckiest.
    """
    lowest = min(s.val_loss for s in shown)
    weights = [math.exp(-(s.val_loss - lowest) / tolerance) for s in shown]
    return math.exp(float(np.average(np.log([s.lr for s in shown]), weights=weights)))


def _alone(reading: Reading) -> Choice:
    reason = ""
    if disagree(reading):
        reason = f"the range tests disagree about where the loss falls fastest ({reading.steepest_interval})"
    return _around(STEEPEST_TO_BEST * reading.steepest, SPREAD_ALONE, reason)


def _around(lr: float, spread: float, reason: str = "") -> Choice:
    factor = math.exp(NORMAL_90 * spread)
    return Choice(_rounded(lr), Interval(lr / factor, lr * factor), reason)


def _rounded(lr: float) -> float:
    return float(f"{lr:.3g}")
