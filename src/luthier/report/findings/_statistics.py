"""Robust statistics of short, noisy curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

Array = NDArray[np.float64]

#: A normal variable's standard deviation as a multiple of the median of its absolute value.
MAD = 1.4826
#: A validation loss is not known better than this share of it, however well a line fits a few values.
LEAST_ERROR = 0.02


def noise(values: Array) -> float:
    """Standard deviation of what is not trend, from second differences, which a straight line does not enter.

    0 for fewer than 5 values. A few jumps do not matter: the median is taken.
    """
    if len(values) < 5:
        return 0.0
    bends = values[2:] - 2 * values[1:-1] + values[:-2]
    return float(MAD * np.median(np.abs(bends)) / np.sqrt(6))


def smooth(values: Array, width: int | None = None) -> Array:
    """Running medians over ``width`` values (an odd number near a tenth of them), shorter at the ends."""
    half = (width or max(3, len(values) // 10)) // 2
    if len(values) <= 2 * half + 1:
        return np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(len(values))])
    inner = np.median(np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1), axis=1)
    begin = [np.median(values[: i + half + 1]) for i in range(half)]
    end = [np.median(values[i - half :]) for i in range(len(values) - half, len(values))]
    return np.concatenate([begin, inner, end])


def tail(values: Array, share: float = 0.1, least: int = 2) -> Array:
    """The last ``share`` of the values, ``least`` or more."""
    return values[-max(least, round(share * len(values))) :]


def slope(x: Array, y: Array) -> tuple[float, float, float]:
    """Least-squares slope of y in x, its standard error, and the p-value of its being 0."""
    if len(x) < 3 or np.ptp(x) == 0:
        return 0.0, np.inf, 1.0
    dx = x - x.mean()
    b = float(dx @ (y - y.mean()) / (dx @ dx))
    rest = y - y.mean() - b * dx
    error = float(np.sqrt(rest @ rest / (len(x) - 2) / (dx @ dx)))
    if error == 0:
        return b, 0.0, 0.0 if b else 1.0
    return b, error, float(2 * stdtr(len(x) - 2, -abs(b) / error))


def surely(value: float, error: float) -> float:
    """Probability that a normal estimate's true value is above 0."""
    if error <= 0:
        return 1.0 if value > 0 else 0.0
    return float(ndtr(value / error))


def ramp(value: float, low: float, high: float) -> float:
    """0 at ``low``, 1 at ``high``, straight between."""
    return float(np.clip((value - low) / (high - low), 0, 1))


def extrapolate(x: Array, y: Array, at: float) -> tuple[float, float, float] | None:
    """A falling curve's level at its end and at ``at``, and the standard error of their difference.

    y = floor + a * x^-power, on the last two thirds. Each of several floors between 0 and the lowest value gives a
    straight line in logarithms; they are averaged by likelihood. The error is of the curve, not of a single point: that
    of the slopes, and how the floors disagree (power laws: Kadra et al. 2023, arXiv 2302.00441). None when there are
    fewer than 3 values there or the curve does not fall.
    """
    keep = slice(min(len(x) // 3, max(0, len(x) - 6)), None)
    x, y = x[keep], y[keep]
    if len(x) < 3 or y.min() <= 0:
        return None
    found = []
    for share in (0.0, 0.3, 0.6, 0.8, 0.9, 0.95):
        floor = share * float(y.min())
        u, v = np.log(x), np.log(y - floor)
        b, error, _ = slope(u, v)
        if b >= 0:
            continue
        error = max(error, LEAST_ERROR / (float(u.std()) * np.sqrt(len(u))))
        now = np.exp(v.mean() + b * (u[-1] - u.mean()))
        later = now * (at / x[-1]) ** b
        wrong = np.log(floor + np.exp(v.mean() + b * (u - u.mean()))) - np.log(y)
        found.append((floor + now, floor + later, later * np.log(at / x[-1]) * error, float(wrong @ wrong)))
    if not found:
        return None
    here, there, errors, squares = np.array(found).T
    variance = max(float(squares.min()) / max(1, len(x) - 2), LEAST_ERROR**2)
    weights = np.exp(-(squares - squares.min()) / (2 * variance))
    weights /= weights.sum()
    fall = here - there
    error = np.sqrt(weights @ (errors**2 + (fall - weights @ fall) ** 2))
    return float(weights @ here), float(weights @ there), float(error)
