"""What range tests say: where the loss falls fastest, how far it is stable, and how much repeats differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier.probes._base import Interval
from luthier.probes._range_test import FIRST, RangeCurve

Array = NDArray[np.float64]
BANDWIDTH = 0.3  #: decades, standard deviation of the kernel
MEDIAN = 5  # losses of the running median, against single outliers
BEGUN = 0.1  # share of the fall: before it the loss has not begun to fall
RISEN = 0.2  # share of the fall: a loss so far above its lowest is no longer stable
#: A loss is cut off at so many times the first ones, so that an explosion does not leak into what came before.
CEILING = 1.5
TINY = 1e-24  # no division by zero where losses have no noise at all
BOOTSTRAP = 300
#: The smoothed loss must fall by so many standard errors somewhere; pure noise does in one case in twenty. Where short
#: trainings have the last word less suffices, which pure noise reaches in one case in eight.
CLEAR_FALL, CLEAR_ENOUGH = 4.0, 3.0


@dataclass(frozen=True)
class Reading:
    """Range tests, read together."""

    lrs: Array
    losses: Array  #: smoothed mean over the repeats
    steepest: float  #: lr at which the loss falls fastest, per factor of lr
    steepest_interval: Interval
    largest_stable: float  #: last lr before the smoothed loss rises from its lowest
    fall: float  #: of the smoothed loss, from its first value to its lowest
    noise: float  #: standard deviation of a batch's loss about the smooth curve
    clarity: float  #: largest fall of the smoothed loss below the first ones, in standard errors of that difference
    start: float  #: mean loss where lr is too low to move anything
    start_error: float  #: its standard error


def read(curves: Sequence[RangeCurve], seed: int = 0) -> Reading:
    """Reads the curves of one task; they share the beginning of one grid of lrs."""
    lrs = np.array(max((c.lrs for c in curves), key=len))
    first = float(np.mean([np.mean(c.losses[:FIRST]) for c in curves]))
    least = min(min(c.losses) for c in curves)
    ceiling = first + (CEILING - 1) * max(abs(first), first - least)
    table = np.array([_padded(c, len(lrs), ceiling) for c in curves])
    logs = np.log10(lrs)
    value, slope = _kernels(logs)
    robust = np.array([_running_median(row) for row in table])
    mean = robust.mean(0)
    smooth = value @ mean
    residuals = table - robust @ value.T
    rng = np.random.default_rng(seed)
    drawn = np.array([_resampled(robust, residuals, rng) for _ in range(BOOTSTRAP)])
    steepest = [_steepest(lrs, s, v) for s, v in zip(drawn @ slope.T, drawn @ value.T, strict=True)]
    low, high = np.quantile(steepest, [0.05, 0.95])
    lowest = int(smooth.argmin())
    fall = float(smooth[:FIRST].mean() - smooth[lowest])
    risen = np.nonzero(smooth[lowest:] > smooth[lowest] + RISEN * max(fall, 1e-12))[0]
    stable = lrs[lowest + risen[0] - 1] if len(risen) and lowest + risen[0] > 0 else lrs[-1]
    before = slice(0, max(lowest, FIRST))
    noise = float(np.median(np.abs(residuals[:, before]))) * 1.4826  # of a normal distribution
    errors = noise * np.sqrt((value**2).sum(1) / len(curves))
    flat = table[:, : len(lrs) // 4]  # no lr so low moves anything
    start, start_error = float(flat.mean()), noise / math.sqrt(flat.size)
    falls = (start - smooth) / np.sqrt(start_error**2 + errors**2 + TINY)
    return Reading(
        lrs,
        smooth,
        _steepest(lrs, slope @ mean, smooth),
        Interval(float(low), float(high)),
        float(stable),
        fall,
        noise,
        float(falls.max()),
        start,
        start_error,
    )


def _padded(curve: RangeCurve, length: int, ceiling: float) -> Array:
    """The losses, no higher than ``ceiling``; beyond an explosion they are that high."""
    losses = np.minimum(np.array(curve.losses), ceiling)
    return np.concatenate([losses, np.full(length - len(losses), ceiling)])


def _running_median(values: Array) -> Array:
    half = MEDIAN // 2
    padded = np.pad(values, half, mode="edge")
    median: Array = np.median(np.lib.stride_tricks.sliding_window_view(padded, MEDIAN), axis=1)
    return median


def _kernels(logs: Array) -> tuple[Array, Array]:
    """Matrices that give a local linear fit's value and slope (per unit of ``logs``) at each point."""
    distance = logs[None, :] - logs[:, None]
    weights = np.exp(-0.5 * (distance / BANDWIDTH) ** 2)
    s0, s1, s2 = ((weights * distance**k).sum(1, keepdims=True) for k in range(3))
    determinant = s0 * s2 - s1**2
    return weights * (s2 - s1 * distance) / determinant, weights * (s0 * distance - s1) / determinant


def _steepest(lrs: Array, slope: Array, smooth: Array) -> float:
    """Lr of the fastest fall, where most of the fall is: a slope outside of that is noise."""
    end = int(smooth.argmin()) + 1
    first = float(smooth[:FIRST].mean())
    begun = np.nonzero(smooth[:end] > first - BEGUN * (first - smooth[end - 1]))[0]
    start = min(int(begun[-1]) if len(begun) else 0, end - 1)
    return float(lrs[start + int(slope[start:end].argmin())])


def _resampled(robust: Array, residuals: Array, rng: np.random.Generator) -> Array:
    """Mean curve of repeats drawn with replacement, with their residuals' signs drawn anew (the wild bootstrap)."""
    rows = rng.integers(0, len(robust), len(robust))
    signs = rng.choice([-1.0, 1.0], size=(len(robust), robust.shape[1]))
    mean: Array = (robust[rows] + signs * residuals[rows] / np.sqrt(MEDIAN)).mean(0)
    return mean
