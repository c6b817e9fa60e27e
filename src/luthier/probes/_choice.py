"""Which learning rates short trainings try, and which one their losses speak for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from luthier.probes._base import Interval
from luthier.probes._range_analysis import Reading
from luthier.probes._short import Shown


@dataclass(frozen=True)
class Choice:
    """The suggested lr with its interval, or why there is none to rely on."""

    lr: float
    interval: Interval
    reason: str = ""


def first_lrs(reading: Reading, count: int) -> list[float]:
    """``count`` learning rates in equal ratios around where the range tests say the best one lies."""
    return spaced(reading.steepest / 4, reading.largest_stable, count)


def spaced(low: float, high: float, count: int) -> list[float]:
    """``count`` numbers from ``low`` to ``high`` in equal ratios, rounded to three digits."""
    return [float(f"{v:.3g}") for v in np.geomspace(low, high, count)]


def next_lrs(shown: Sequence[Shown], count: int) -> list[float]:
    """The ``count`` best of those that got furthest."""
    furthest = max(s.epoch for s in shown)
    at_front = [s for s in shown if s.epoch == furthest and math.isfinite(s.val_loss)]
    return [s.lr for s in sorted(at_front, key=lambda s: s.val_loss)[:count]]


def choose(reading: Reading, shown: Sequence[Shown]) -> Choice:
    """The lr that the short trainings speak for; without any, what the range tests say."""
    finite = [s for s in shown if math.isfinite(s.val_loss)]
    if not finite:
        lr = reading.steepest
        return Choice(lr, Interval(lr / 10, lr * 10))
    furthest = max(s.epoch for s in finite)
    lr = min((s for s in finite if s.epoch == furthest), key=lambda s: s.val_loss).lr
    return Choice(lr, Interval(lr / 3, lr * 3))
