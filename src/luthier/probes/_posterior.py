"""Where the loss is lowest, from a few noisy losses at several lr and a guess beforehand: Bayes' rule on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Around its lowest place the logarithm of a loss rises with the square of log lr, by so much on the left and on the
#: right, where it rises faster in most settings. Each pair is as likely; they span what the calibration settings show.
LEFT, RIGHT = (0.08, 0.2, 0.5, 1.5), (0.06, 0.2, 0.6, 1.6, 4.0)
#: It rises no further than to that of a model that has learned nothing.
MOST = 4.0
#: Standard deviation of log loss from seed to seed, and of the square's misfit as a share of the rise. Seeds of the
#: calibration settings differ by 0.03 to 0.34.
NOISE, MISFIT = 0.25, 0.15
#: Standard deviation of how far the best lr of a whole training, in the mean of seeds, lies (in log lr) from that of
#: one seed after six tenths of it: 0.43 on the calibration settings, the noise of three seeds included.
DRIFT = 0.3
#: The best lr lies at most so many times as far from the one with the lowest loss as the next one tried on that side:
#: without that, places so far off that every loss is capped would explain anything.
REACH = 3.0
#: The grid: so many places, up to so far (in log lr) beyond all that is known.
PLACES, BEYOND = 300, 3.0


@dataclass(frozen=True)
class Guess:
    """A normal distribution of the log of the best lr."""

    log_lr: float
    error: float  #: its standard deviation

    def __and__(self, other: Guess) -> Guess:
        """Both together, as if they erred independently."""
        a, b = self.error**-2, other.error**-2
        return Guess((a * self.log_lr + b * other.log_lr) / (a + b), (a + b) ** -0.5)


def quantiles(guess: Guess, log_lrs: Array, log_losses: Array, shares: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of the log of the best lr, given the guess and what was seen, by rising lr."""
    low, high = _ends(guess, log_lrs, int(log_losses.argmin()))
    places = np.linspace(low, high, PLACES)
    left, right = (side.reshape(-1, 1, 1) for side in np.meshgrid(LEFT, RIGHT))
    away = log_lrs[None, None, :] - places[None, :, None]
    rise = np.minimum(np.where(away < 0, left, right) * away**2, MOST)
    variance = NOISE**2 + (MISFIT * rise) ** 2
    bottom = log_losses - rise  # the lowest log loss, as each of them has it
    mean = (bottom / variance).sum(-1, keepdims=True) / (1 / variance).sum(-1, keepdims=True)
    seen = -0.5 * ((bottom - mean) ** 2 / variance + np.log(variance)).sum(-1)
    chance = seen - 0.5 * ((places - guess.log_lr) / guess.error) ** 2
    weight = np.exp(chance - chance.max()).sum(0)
    places, weight = _drifted(places, weight / weight.sum())
    below = np.cumsum(weight)
    return tuple(float(np.interp(share, below, places)) for share in shares)


def _drifted(places: Array, weight: Array) -> tuple[Array, Array]:
    """The weights of what lies a normal distribution of ``DRIFT`` away, on as many places more as that takes."""
    step = places[1] - places[0]
    reach = math.ceil(3 * DRIFT / step)
    away = step * np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (away / DRIFT) ** 2)
    further = np.concatenate([places[0] + away[:reach], places, places[-1] + away[reach + 1 :]])
    return further, np.convolve(weight, kernel / kernel.sum())


def _ends(guess: Guess, log_lrs: Array, best: int) -> tuple[float, float]:
    """How low and how high the best lr may lie."""
    low = min(guess.log_lr, log_lrs[0]) - BEYOND
    high = max(guess.log_lr, log_lrs[-1]) + BEYOND
    if best > 0:
        low = log_lrs[best] - REACH * (log_lrs[best] - log_lrs[best - 1])
    if best < len(log_lrs) - 1:
        high = log_lrs[best] + REACH * (log_lrs[best + 1] - log_lrs[best])
    return float(low), float(high)
