"""How many samples each batch size needs to bring the loss down to a target, and the critical batch size in that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from luthier.probes._base import Interval

RESAMPLES = 200  # of the bootstrap
#: The critical batch size is looked for up to so many times beyond the batch sizes, on so fine a grid.
BEYOND, GRID = 4.0, 400

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """Branches of one batch size at one learning rate, over several orders of the data."""

    batch_size: int
    lr: float
    samples: tuple[float, ...]  #: trained on since the branches began, rising from 0
    losses: tuple[tuple[float, ...], ...]  #: of each repeat, where ``samples`` says

    def smooth(self, picked: Sequence[int] | None = None) -> Floats:
        """The geometric mean of the repeats ``picked`` (all when None), made to fall everywhere."""
        rows = np.array(self.losses, float)
        mean = np.log(rows if picked is None else rows[list(picked)]).mean(0)
        return np.exp(falling(mean))

    def needed(self, target: float, picked: Sequence[int] | None = None) -> float:
        """Samples until the smoothed loss is ``target``; infinite where it never is."""
        losses = self.smooth(picked)
        below = np.flatnonzero(losses <= target)
        if not len(below):
            return math.inf
        at = int(below[0])
        if at == 0:
            return 0.0
        share = math.log(losses[at - 1] / target) / math.log(losses[at - 1] / losses[at])
        return float(self.samples[at - 1] + share * (self.samples[at] - self.samples[at - 1]))

    def loss_after(self, samples: float) -> float:
        """The smoothed loss after so many samples, at most the last ones."""
        return float(np.interp(samples, self.samples, self.smooth()))


def falling(values: Floats) -> Floats:
    """The values that never rise and are nearest by least squares: neighbours that rise are pooled."""
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((float(value), 1))
        while len(pools) > 1 and pools[-2][0] < pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [((a * n + b * m) / (n + m), n + m)]
    return np.repeat([value for value, _ in pools], [count for _, count in pools])


def fit(sizes: Floats, needed: Floats) -> tuple[float, float, float]:
    """B_crit and E_min of ``needed = E_min * (1 + sizes / B_crit)``, and the standard error of log B_crit.

    McCandlish et al. 2018 (arXiv 1812.06162, equation 2.11), least squares in logarithms, since errors are
    proportional. The error is that by how far the points lie from the curve.
    """
    grid = np.geomspace(sizes.min() / BEYOND, sizes.max() * BEYOND, GRID)
    left = np.log(needed)[None] - np.log1p(sizes[None] / grid[:, None])
    best = int(left.var(1).argmin())
    value = float(grid[best])
    bend = sizes / (sizes + value)  # how log(1 + sizes / B) falls with log B
    freedom = max(1, len(sizes) - 2)
    error = math.sqrt(left[best].var() * len(sizes) / freedom / max(1e-12, float(((bend - bend.mean()) ** 2).sum())))
    return value, float(math.exp(left[best].mean())), error


def critical(
    tried: Sequence[Sequence[Course]], target: float, level: float, seed: int
) -> tuple[float, float, Interval]:
    """B_crit and E_min from all courses of each batch size, with an interval for B_crit.

    Each batch size counts at its best lr. The interval's variance is the bootstrap's over repeats, best lr chosen anew
    each time and the sqrt(n / (n - 1)) restored that a bootstrap of n loses, plus the fit's own.
    """
    sizes = np.array([courses[0].batch_size for courses in tried], float)
    value, fewest, error = fit(sizes, np.array([min(c.needed(target) for c in courses) for courses in tried]))
    draw, repeats = np.random.default_rng(seed), len(tried[0][0].losses)
    logs = []
    for _ in range(RESAMPLES):
        picks = [draw.integers(repeats, size=repeats).tolist() for _ in tried]
        needed = np.array([min(c.needed(target, p) for c in cs) for cs, p in zip(tried, picks, strict=True)])
        seen = np.isfinite(needed) & (needed > 0)
        if seen.sum() > 2:
            logs.append(math.log(fit(sizes[seen], needed[seen])[0] / value))
    spread = float(np.std(logs)) * math.sqrt(repeats / (repeats - 1)) if logs else 0.0
    quantile = float(stdtrit(max(1, len(sizes) - 2), (1 + level) / 2))
    wide = math.exp(quantile * math.hypot(spread, error))
    return value, fewest, Interval(value / wide, value * wide, level)
