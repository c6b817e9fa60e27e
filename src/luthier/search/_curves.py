"""Where curves are going: a Gaussian process over configs and epochs.

The value of config x after epoch t, on the scale of ``_scale``, less what is expected of x beforehand, is

    mean curve(s) + level(x) + s * slope(x) + own level + s * own slope + noise,   s = 1 - log(t) / log(T),

so s is 1 after the first slice and 0 at the end of the longest training. Level and slope are Gaussian processes with
the same Matern-5/2 kernel, one length scale for each hyperparameter; what is a training's own is shared by its points
alone; the mean curve is a parabola in s with vague coefficients. As in freeze-thaw Bayesian optimization (Swersky et
al. 2014, arXiv 1406.3896) a curve tells about the level of its neighbours; as in a power law (Kadra et al. 2023, arXiv
2302.00441), remaining error falls along a line in log(t). Hyperparameters are maximum a posteriori.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr
from threadpoolctl import ThreadpoolController

Array = NDArray[np.float64]
P = ParamSpec("P")
R = TypeVar("R")

#: Medians of the log-normal priors: length scale (of a unit range); deviations of level, slope, own level, own slope,
#: noise (values have about unit spread). The accuracy on partial trainings hardly changed within a factor of 2.
_LENGTH, _DEVIATIONS = 1.0, (1.0, 1.0, 0.2, 0.3, 0.05)
_SPREAD = 0.7  #: standard deviation of their logarithms
_BOUND = 3.0  #: logarithms stay within this of the median
_VAGUE = 4.0  #: variance of the coefficients of the mean curve
_FIT_STEPS = 30  #: of L-BFGS; more did not change the decisions
_ROOT5 = 5.0**0.5
_BLAS = ThreadpoolController()


def _one_thread(method: Callable[P, R]) -> Callable[P, R]:
    """The same with one thread of BLAS.

    On matrices of this size more gain nothing, where the cores are taken they wait for each other (five times as long),
    and sums must not depend on how many there are.
    """
    wrapped: Callable[P, R] = _BLAS.wrap(limits=1, user_api="blas")(method)
    return wrapped


@dataclass(frozen=True)
class Rows:
    """Values of curves: one row for each."""

    x: Array  #: (rows, dimensions)
    training: NDArray[np.int64]
    remaining: Array  #: s of the formula above
    value: Array


class CurveModel:
    """The process of the module's docstring. ``fit``, then ``condition``, then ``predict``."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._median = np.log(np.r_[np.full(dimensions, _LENGTH), _DEVIATIONS])
        self._theta = self._median.copy()

    @property
    def lengths(self) -> Array:
        """How far apart values of each dimension must be for levels to differ much."""
        found: Array = np.exp(self._theta[: self.dimensions])
        return found

    @_one_thread
    def fit(self, rows: Rows) -> None:
        """Finds the process's own parameters; they depend on these rows alone."""
        same = rows.training[:, None] == rows.training
        slopes = np.outer(rows.remaining, rows.remaining)
        squares = (rows.x[:, None, :] - rows.x[None, :, :]) ** 2
        flat = squares.reshape(-1, self.dimensions)
        base, count, d = _mean_curve(rows.remaining), len(rows.value), self.dimensions

        def loss(theta: Array) -> tuple[float, Array]:
            inverse = np.exp(-2 * theta[:d])
            distance = np.sqrt((flat @ inverse).reshape(count, count))
            decay = np.exp(-_ROOT5 * distance)
            matern = (1 + _ROOT5 * distance + 5 / 3 * distance**2) * decay
            level, slope, own, own_slope, noise = np.exp(2 * theta[d:])
            weight = level + slope * slopes
            cov = weight * matern + same * (own + own_slope * slopes) + base
            cov[np.diag_indices(count)] += noise + 1e-8
            lower = np.linalg.cholesky(cov)
            alpha = cho_solve((lower, True), rows.value)
            off = (theta - self._median) / _SPREAD
            value = 0.5 * rows.value @ alpha + np.log(np.diag(lower)).sum() + 0.5 * off @ off
            q = cho_solve((lower, True), np.eye(count)) - np.outer(alpha, alpha)
            through = q * weight * (5 / 3) * (1 + _ROOT5 * distance) * decay
            gradient = np.r_[
                0.5 * (through.reshape(-1) @ flat) * inverse,
                (q * matern).sum() * level,
                (q * matern * slopes).sum() * slope,
                (q * same).sum() * own,
                (q * same * slopes).sum() * own_slope,
                np.trace(q) * noise,
            ]
            return float(value), gradient + off / _SPREAD

        bounds = [(m - _BOUND, m + _BOUND) for m in self._median]
        found = minimize(
            loss, self._median, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _FIT_STEPS}
        )
        self._theta = found.x

    @_one_thread
    def condition(self, rows: Rows) -> None:
        """Takes what was seen."""
        level, slope, own, own_slope, noise = np.exp(2 * self._theta[self.dimensions :])
        slopes = np.outer(rows.remaining, rows.remaining)
        same = rows.training[:, None] == rows.training
        cov = (level + slope * slopes) * self._matern(rows.x, rows.x) + same * (own + own_slope * slopes)
        cov += _mean_curve(rows.remaining)
        cov[np.diag_indices(len(rows.value))] += noise + 1e-8
        self._rows = rows
        self._lower = np.linalg.cholesky(cov)
        self._alpha = solve_triangular(self._lower, rows.value, lower=True)

    @_one_thread
    def predict(self, x: Array, remaining: Array, training: NDArray[np.int64] | None = None) -> tuple[Array, Array]:
        """Means and standard deviations, (horizons, points), for ``remaining`` of that shape.

        ``training`` numbers the trainings that ``x`` belong to; None: they have not begun. The covariance with each
        point is a sum of a few products of one term in the rows and one in the horizon, so all horizons cost hardly
        more than one.
        """
        rows, n = self._rows, len(x)
        level, slope, own, own_slope, _ = np.exp(2 * self._theta[self.dimensions :])
        matern = self._matern(rows.x, x)
        s, one = rows.remaining[:, None], np.ones_like(remaining)
        blocks, factors = [matern, s * matern], [level * one, slope * remaining]
        if training is not None:
            same = (rows.training[:, None] == training).astype(np.float64)
            blocks += [same, s * same]
            factors += [own * one, own_slope * remaining]
        wide = np.concatenate([*blocks, s**0, s, s**2], axis=1)
        factors += [_VAGUE * one, _VAGUE * remaining, _VAGUE * remaining**2]
        solved = solve_triangular(self._lower, wide, lower=True, check_finite=False)
        curve = solved[:, -3:]  # of the mean curve: the same for all points
        parts = [solved[:, k * n : (k + 1) * n] for k in range(len(blocks))]
        means = [*(self._alpha @ part for part in parts), *(self._alpha @ curve)]
        overlaps = {(j, k): np.einsum("ij,ij->j", parts[j], parts[k]) for j in range(len(parts)) for k in range(j + 1)}
        for j, row in enumerate(np.concatenate([curve.T @ part for part in [*parts, curve]], axis=1)):
            for k in range(len(parts)):
                overlaps[len(parts) + j, k] = row[k * n : (k + 1) * n]
            for k in range(j + 1):
                overlaps[len(parts) + j, len(parts) + k] = row[len(parts) * n + k]
        mean = sum((f * m for f, m in zip(factors, means, strict=True)), np.zeros_like(remaining))
        explained = np.zeros_like(remaining)
        for (j, k), overlap in overlaps.items():
            explained += (1 if j == k else 2) * factors[j] * factors[k] * overlap
        square = remaining**2
        total = level + own + (slope + own_slope) * square + _VAGUE * (1 + square + square**2)
        return mean, np.sqrt(np.maximum(total - explained, 1e-8))

    def _matern(self, a: Array, b: Array) -> Array:
        a, b = a / self.lengths, b / self.lengths
        squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        distance = np.maximum(squared, 0, out=squared)
        np.sqrt(distance, out=distance)
        distance *= _ROOT5
        matern: Array = 1 + distance  # in place from here on: 1 ms less of a decision
        matern += distance**2 / 3
        matern *= np.exp(np.negative(distance, out=distance), out=distance)
        return matern


def _mean_curve(s: Array) -> Array:
    product = np.outer(s, s)
    return _VAGUE * (1 + product + product**2)


def expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """How much a normal variable exceeds ``best`` on average (Jones et al. 1998)."""
    z = (mean - best) / deviation
    gain: Array = deviation * (z * ndtr(z) + np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))
    return gain
