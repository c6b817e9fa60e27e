"""A smooth surface through the scores, to see what each hyperparameter adds to predicting those left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Array = NDArray[np.float64]

#: Length scales tried for each hyperparameter, as shares of its range; infinite: it plays no part.
LENGTHS = (0.15, 0.3, 0.6, 1.2, np.inf)
#: Variance of the noise tried, as a share of the surface's.
NOISES = (1e-3, 1e-2, 0.1, 0.5)
DOUBT = 2.0  #: by how much (logarithm) a function of all must be likelier than a sum, which has less freedom
ROUNDS = 3  #: over all hyperparameters; a further one did not change the choice


def left_out_errors(x: Array, y: Array, groups: Sequence[Sequence[int]] | None = None) -> Array:
    """The error of predicting each row from the others, by a sum of functions of groups of columns, or one of all.

    By a Gaussian process with a squared-exponential kernel, whose length scales and noise have the largest marginal
    likelihood on a grid, one after the other; errors in closed form (Rasmussen & Williams 2006, equations 5.8, 5.12).
    """
    z = _standard(y)
    surface = _Surface(x, groups or [range(x.shape[1])])
    _, lengths, noise = surface.fitted(z)
    inverse = np.linalg.inv(surface.covariance(lengths, noise))
    errors: Array = inverse @ z / np.diag(inverse) * float(y.std())
    return errors


def evidence(x: Array, y: Array, groups: Sequence[Sequence[int]]) -> float:
    """Largest log likelihood of y as a sum of smooth functions, one of each group of columns (Duvenaud et al. 2011)."""
    return _Surface(x, groups).fitted(_standard(y))[0]


def along(x: Array, y: Array, at: Array, j: int) -> Array:
    """The values of ``y`` if all but column ``j`` were as ``at`` has them; unchanged when there is no other.

    What moves them is the difference of a surface between the two places: a sum of functions of one column each, or a
    function of all where that is likelier. What is far below the median is cut, not to bend the surface.
    """
    if x.shape[1] == 1:
        return y
    middle = float(np.median(y))
    y = np.maximum(y, middle - 3 * (float(y.max()) - middle))
    z = _standard(y)
    made = [_Surface(x, groups) for groups in ([[k] for k in range(x.shape[1])], [range(x.shape[1])])]
    fits = [surface.fitted(z) for surface in made]
    best = int(fits[1][0] > fits[0][0] + DOUBT)
    surface, (_, lengths, noise) = made[best], fits[best]
    there = np.tile(np.where(np.isfinite(at), at, np.median(x, axis=0)), (len(x), 1))
    there[:, j] = x[:, j]
    weights = np.linalg.solve(surface.covariance(lengths, noise), z)
    moved = (surface.between(there, x, lengths) - surface.between(x, x, lengths)) @ weights
    shifted: Array = y + moved * max(float(y.std()), 1e-12)
    return shifted


def _standard(y: Array) -> Array:
    standard: Array = (y - y.mean()) / max(float(y.std()), 1e-12)
    return standard


class _Surface:
    """A Gaussian process: a sum of smooth functions of groups of columns, a constant and noise."""

    def __init__(self, x: Array, groups: Sequence[Sequence[int]]) -> None:
        self._squares = (x[:, None, :] - x[None, :, :]) ** 2
        self._groups = [list(group) for group in groups]
        self._known: dict[tuple[int, ...], dict[tuple[float, ...], Array]] = {tuple(g): {} for g in groups}

    def fitted(self, z: Array) -> tuple[float, list[float], float]:
        """The best log likelihood on the grid, its length scales and its noise."""
        lengths, noise = [0.6] * self._squares.shape[2], 0.1
        for _ in range(ROUNDS):
            for j in range(len(lengths)):
                options = [[*lengths[:j], length, *lengths[j + 1 :]] for length in LENGTHS]
                lengths = max(options, key=lambda option: self._likelihood(option, noise, z))
            noise = max(NOISES, key=lambda option: self._likelihood(lengths, option, z))
        return self._likelihood(lengths, noise, z), lengths, noise

    def covariance(self, lengths: Sequence[float], noise: float) -> Array:
        """Of the rows; all groups have the same variance, and the constant lets the mean be anything near."""
        parts = [self._part(group, tuple(lengths[k] for k in group)) for group in self._groups]
        covariance: Array = sum(parts) / len(parts) + 1.0 + (noise + 1e-6) * np.eye(len(self._squares))
        return covariance

    def between(self, a: Array, b: Array, lengths: Sequence[float]) -> Array:
        """The covariance of the surface's values at the rows of ``a`` with those at the rows of ``b``."""
        squares = (a[:, None, :] - b[None, :, :]) ** 2
        parts = [np.exp(-squares[:, :, g] @ (0.5 / np.square([lengths[k] for k in g]))) for g in self._groups]
        covariance: Array = np.mean(parts, axis=0) + 1.0
        return covariance

    def _part(self, group: list[int], lengths: tuple[float, ...]) -> Array:
        """The kernel of one group, kept, since the search over lengths and noise comes back to it."""
        known = self._known[tuple(group)]
        if lengths not in known:
            known[lengths] = np.exp(-self._squares[:, :, group] @ (0.5 / np.square(lengths)))
        return known[lengths]

    def _likelihood(self, lengths: Sequence[float], noise: float, z: Array) -> float:
        """Logarithm of the marginal likelihood, at the best variance of the surface, without constants."""
        lower = np.linalg.cholesky(self.covariance(lengths, noise))
        solved = solve_triangular(lower, z, lower=True, check_finite=False)
        variance = float(solved @ solved) / len(z)
        return -0.5 * len(z) * float(np.log(variance + 1e-12)) - float(np.log(np.diag(lower)).sum())
