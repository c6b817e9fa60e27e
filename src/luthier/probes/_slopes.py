"""How a best value follows the batch size: the exponent of a power law, with the bootstrap's interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier.probes._base import Interval

RESAMPLES = 300
#: A parabola's vertex counts up to so many grid steps from the lowest point of the grid.
VERTEX = 1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tried:
    """What short trainings of one batch size have shown."""

    batch_size: int
    lrs: tuple[float, ...]  #: rising, in equal ratios
    losses: tuple[tuple[float, ...], ...]  #: final validation loss by lr, one for each repeat; infinite: diverged
    curves: tuple[tuple[tuple[float, ...], ...], ...]  #: validation loss by lr, repeat and epoch

    def mean(self, picked: Sequence[int]) -> Floats:
        """Mean final loss by lr over the repeats ``picked``."""
        mean: Floats = np.array(self.losses, float)[:, list(picked)].mean(1)
        return mean


@dataclass(frozen=True)
class Exponent:
    """The a of ``value ~ batch_size^a``."""

    value: float
    interval: Interval

    def sentence(self, what: str) -> str:
        """What doubling the batch does: ``lr by 1.6 ± 0.2``."""
        low, high = 2**self.interval.low, 2**self.interval.high
        return f"{what} by {2**self.value:.2g} ± {(high - low) / 2:.1g}"


def best_lr(tried: Tried, picked: Sequence[int]) -> float:
    """The vertex of the parabola through the lowest mean loss and its neighbours, in log lr."""
    losses, logs = tried.mean(picked), np.log(tried.lrs)
    at = int(losses.argmin())
    if not 0 < at < len(logs) - 1:
        return float(math.exp(logs[at]))
    left, middle, right = losses[at - 1 : at + 2]
    step = (logs[at + 1] - logs[at - 1]) / 2
    if not math.isfinite(right):  # it diverged: the parabola through the two points that are left cannot be drawn
        right = middle + (left - middle)
    bend = left - 2 * middle + right
    shift = (left - right) / (2 * bend) if bend > 0 else 0.0
    return float(math.exp(logs[at] + step * min(VERTEX, max(-VERTEX, shift))))


def epochs_to(target: float, curve: Floats, per_epoch: int) -> float:
    """Epochs after which a falling loss first reaches ``target``, by log-linear interpolation; at most the last."""
    below = np.flatnonzero(curve <= target)
    if not len(below):
        return len(curve) / per_epoch
    at = int(below[0])
    if at == 0 or not math.isfinite(curve[at - 1]) or min(target, curve[at]) <= 0:
        return (at + 1) / per_epoch
    share = math.log(curve[at - 1] / target) / math.log(curve[at - 1] / curve[at])
    return (at + share) / per_epoch


def epochs_needed(grid: Sequence[Tried], picked: Sequence[Sequence[int]], per_epoch: int) -> list[float]:
    """For each batch size at its best lr, the epochs to the loss that the slowest of them reaches at the end."""
    curves = []
    for tried, repeats in zip(grid, picked, strict=True):
        at = int(tried.mean(repeats).argmin())
        curves.append(np.array(tried.curves[at], float)[list(repeats)].mean(0))
    target = max(float(curve.min()) for curve in curves)
    return [epochs_to(target, curve, per_epoch) for curve in curves]


def exponent(
    grid: Sequence[Tried], values: Callable[[Sequence[Sequence[int]]], Sequence[float]], level: float, seed: int
) -> Exponent:
    """The least-squares slope of log ``values`` against log batch size, with an interval over resampled repeats.

    ``values`` gives one value for each batch size from the repeats picked for each. The factor sqrt(n / (n - 1))
    restores the spread that a bootstrap of n repeats loses.
    """
    repeats = len(grid[0].losses[0])
    logs = np.log([t.batch_size for t in grid])
    every = [range(repeats)] * len(grid)
    middle = _slope(logs, values(every))
    draw = np.random.default_rng(seed)
    spread = [
        _slope(logs, values([draw.integers(repeats, size=repeats).tolist() for _ in grid])) - middle
        for _ in range(RESAMPLES)
    ]
    widen = math.sqrt(repeats / (repeats - 1)) if repeats > 1 else 1.0
    low, high = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2]) * widen
    floor = _residual(logs, values(every), middle)
    return Exponent(middle, Interval(float(middle + min(low, -floor)), float(middle + max(high, floor)), level))


def _slope(logs: Floats, values: Sequence[float]) -> float:
    away = logs - logs.mean()
    return float(away @ np.log(values) / (away @ away))


def _residual(logs: Floats, values: Sequence[float], slope: float) -> float:
    """The slope's standard error by how far the values lie from the line: repeats alone do not tell a bend in it."""
    wanted = np.log(values)
    off = wanted - wanted.mean() - slope * (logs - logs.mean())
    freedom = max(1, len(logs) - 2)
    return float(math.sqrt(off @ off / freedom / ((logs - logs.mean()) ** 2).sum()))
