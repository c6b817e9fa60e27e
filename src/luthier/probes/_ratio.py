"""The noise scale and its interval from blocks of gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from luthier.probes._base import Interval
from luthier.probes._gradients import Blocks
from luthier.training import estimates


@dataclass(frozen=True)
class Estimate:
    """tr(Sigma) / |G|^2 with its interval. Infinite where |G|^2 cannot be told from 0."""

    value: float  #: in samples
    interval: Interval
    signal: float  #: |G|^2; may come out negative
    noise: float  #: tr(Sigma)


def estimate(blocks: Blocks, level: float) -> Estimate:
    """The ratio of the unbiased estimates, with the interval of Fieller (1954, J. R. Stat. Soc. B 16) around it.

    Their covariance comes from the jackknife that leaves out one block in turn (Efron & Stein 1981, Ann. Stat. 9).
    Fieller's interval needs no division by an uncertain |G|^2, and has no upper end where |G|^2 may be 0.
    """
    count, everything = len(blocks.squares), blocks.products.sum()
    crossed = blocks.products.sum(1)
    signal, noise = _parts(blocks, blocks.squares.sum(), everything, count)
    left = np.array(
        [
            _parts(blocks, blocks.squares.sum() - s, everything - 2 * c + own, count - 1)
            for s, c, own in zip(blocks.squares, crossed, np.diag(blocks.products), strict=True)
        ]
    )
    away = left - left.mean(0)
    covariance = (count - 1) / count * away.T @ away
    low, high = fieller(noise, signal, covariance[::-1, ::-1], float(stdtrit(count - 1, (1 + level) / 2)))
    value = float(noise / signal) if signal > 0 else math.inf
    return Estimate(value, Interval(float(low), float(high), level), float(signal), float(noise))


def _parts(blocks: Blocks, squares: float, product: float, count: int) -> tuple[float, float]:
    batches = count * blocks.batches
    return estimates(squares / batches, product / batches**2, blocks.size, batches)


def fieller(top: float, bottom: float, covariance: NDArray[np.float64], quantile: float) -> tuple[float, float]:
    """The ratios r, 0 or more, for which top - r * bottom is within ``quantile`` standard deviations of 0.

    ``covariance`` is that of (top, bottom). The upper end is infinite where bottom may be 0.
    """
    q = quantile**2
    a = bottom**2 - q * covariance[1, 1]
    b = top * bottom - q * covariance[0, 1]
    c = top**2 - q * covariance[0, 0]
    root = math.sqrt(max(0.0, b * b - a * c))
    if a > 0 and bottom > 0:
        return max(0.0, (b - root) / a), max(0.0, (b + root) / a)
    # a < 0: the ratios between the roots are left out, of which one is negative or none is.
    low = c / (b + root) if b + root > 0 else 0.0
    return max(0.0, low), math.inf
