"""Which learning rates short trainings try, and which one their losses speak for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from luthier.probes._base import Interval
from luthier.probes._posterior import Array, Guess, quantiles
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
#: The best lr is about so many times the one where the range tests fall fastest, and the largest stable one; with
#: standard deviations of the logarithm.
STEEPEST_TO_BEST, STEEPEST_ERROR = 1.5, 1.0
STABLE_TO_BEST, STABLE_ERROR = 1 / 3, 1.3
#: The two err together, and the more the further from the usual a setting is: beside short trainings, which do not, the
#: guess counts as if it were so many times as wide.
WEAKER = 2.0
#: Standard deviation of log(best lr / suggestion) without short trainings. With them it follows from the losses.
SPREAD_ALONE = 1.0
#: In a loss that may be 0 or negative, a model that has learned nothing is so far (in log loss) above the lowest.
LEARNED_NOTHING = 2.5
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
    best = min(range(len(shown)), key=lambda i: shown[i].level)
    ratio = (shown[-1].lr / shown[0].lr) ** (1 / (len(shown) - 1))
    if best == 0:
        return _rounded(shown[0].lr / ratio)
    return _rounded(shown[-1].lr * ratio) if best == len(shown) - 1 else None


def beside(shown: Sequence[Shown]) -> float | None:
    """The next lr outward when the best of those that got furthest is the lowest or highest of them, else None.

    That is one which has begun, where one has; None where it diverged, or a lower one did.
    """
    furthest = max(s.epoch for s in shown)
    last = [s for s in shown if s.epoch == furthest and math.isfinite(s.val_loss)]
    further = beyond(last) if len(last) > 1 else None
    if further is None:
        return None
    begun = [s for s in shown if s.lr < last[0].lr][-1:] if further < last[0].lr else []
    begun = [s for s in shown if s.lr > last[-1].lr][:1] if further > last[-1].lr else begun
    found = begun[0].lr if begun else further
    return None if any(found >= s.lr for s in shown if math.isinf(s.val_loss)) else found


def next_lrs(shown: Sequence[Shown], count: int) -> list[float]:
    """The ``count`` best ones that did not diverge."""
    alive = [s for s in shown if math.isfinite(s.val_loss)]
    return [s.lr for s in sorted(alive, key=lambda s: s.level)[:count]]


def choose(reading: Reading, shown: Sequence[Shown], chance: float = math.inf) -> Choice:
    """The lr that the short trainings and the range tests speak for.

    They say nothing where none has a lower validation loss than ``chance``, what always giving the same answer costs.
    """
    if not shown:
        return _alone(reading)
    finite = [s for s in shown if math.isfinite(s.val_loss)]
    if not finite:
        return _around(reading.steepest, 2.0, "every short training diverged")
    furthest = max(s.epoch for s in finite)
    last = [s for s in finite if s.epoch == furthest]
    lowest = min(s.level for s in last)
    start, fall = reading.start, reading.start - lowest
    if fall <= CLEAR_FALL * reading.start_error:
        reason = (
            f"no short training brought the validation loss ({lowest:.3g}) below the loss at the start ({start:.3g})"
        )
        return _around(reading.steepest, 2.0, reason)
    if lowest >= chance:
        reason = (
            f"no short training brought the validation loss ({lowest:.4g}) below what always giving the same answer "
            f"costs ({chance:.4g})"
        )
        return _around(reading.steepest, 2.0, reason)
    middle, low, high = (math.exp(v) for v in quantiles(_guess(reading, WEAKER), *_seen(last, fall), (0.5, 0.05, 0.95)))
    return Choice(_rounded(middle), Interval(low, high))


def _guess(reading: Reading, weaker: float = 1.0) -> Guess:
    """What the range tests say. Where the repeats disagree about the steepest fall, that counts less."""
    interval = reading.steepest_interval
    between = math.log(interval.high / interval.low) / (2 * NORMAL_90)
    steepest = Guess(math.log(STEEPEST_TO_BEST * reading.steepest), weaker * math.hypot(STEEPEST_ERROR, between))
    return steepest & Guess(math.log(STABLE_TO_BEST * reading.largest_stable), weaker * STABLE_ERROR)


def _seen(last: Sequence[Shown], fall: float) -> tuple[Array, Array]:
    """Log lr and log loss; of losses that are not all positive, shares of the fall in the place of logarithms."""
    losses = np.array([s.level for s in last])
    logs = np.log(losses) if (losses > 0).all() else LEARNED_NOTHING * losses / fall
    return np.log([s.lr for s in last]), logs


def _alone(reading: Reading) -> Choice:
    reason = ""
    if disagree(reading):
        reason = f"the range tests disagree about where the loss falls fastest ({reading.steepest_interval})"
    return _around(math.exp(_guess(reading).log_lr), SPREAD_ALONE, reason)


def _around(lr: float, spread: float, reason: str = "") -> Choice:
    factor = math.exp(NORMAL_90 * spread)
    return Choice(_rounded(lr), Interval(lr / factor, lr * factor), reason)


def _rounded(lr: float) -> float:
    return float(f"{lr:.3g}")
