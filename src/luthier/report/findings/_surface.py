"""A smooth surface through the scores, to see what each hyperparameter adds to predicting those left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Length scales tried for each hyperparameter, as shares of its range; infinite: it plays no part.
LENGTHS = (0.15, 0.3, 0.6, 1.2, np.inf)
#: Variance of the noise tried, as a share of the surface's.
NOISES = (1e-3, 1e-2, 0.1, 0.5)
ROUNDS = 3  #: over all hyperparameters; a further one did not change the choice


def left_out_errors(x: Array, y: Array) -> Array:
    """The error of predicting each row from the others.

    By a Gaussian process with a squared-exponential kernel, whose length scales and noise have the largest marginal
    likelihood on a grid, one after the other; errors in closed form (Rasmussen & Williams 2006, equations 5.8, 5.12).
    """
    z = (y - y.mean()) / max(float(y.std()), 1e-12)
    squares = (x[:, None, :] - x[None, :, :]) ** 2
    lengths, noise = [0.6] * x.shape[1], 0.1
    for _ in range(ROUNDS):
        for j in range(len(lengths)):
            options = [[*lengths[:j], length, *lengths[j + 1 :]] for length in LENGTHS]
            lengths = max(options, key=lambda option: _likelihood(squares, option, noise, z))
        noise = max(NOISES, key=lambda option: _likelihood(squares, lengths, option, z))
    inverse = np.linalg.inv(_covariance(squares, lengths, noise))
    errors: Array = inverse @ z / np.diag(inverse) * float(y.std())
    return errors


def _covariance(squares: Array, lengths: list[float], noise: float) -> Array:
    scaled = squares @ np.array([0.5 / length**2 for length in lengths])
    # The constant lets the mean be anything near.
    covariance: Array = np.exp(-scaled) + 1.0 + (noise + 1e-6) * np.eye(len(scaled))
    return covariance


def _likelihood(squares: Array, lengths: list[float], noise: float, z: Array) -> float:
    """Logarithm of the marginal likelihood, at the best variance of the surface, without constants."""
    lower = np.linalg.cholesky(_covariance(squares, lengths, noise))
    solved = np.linalg.solve(lower, z)
    variance = float(solved @ solved) / len(z)
    return -0.5 * len(z) * float(np.log(variance + 1e-12)) - float(np.log(np.diag(lower)).sum())
