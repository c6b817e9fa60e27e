"""The map of learning rate and batch size: how good each place is, and the ridge along which the best lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier.report._ranks import ranked
from luthier.report.axes import axes
from luthier.report.finals import final_values
from luthier.report.history import History

Array = NDArray[np.float64]

#: The quadratic has six coefficients; with fewer trainings it would only follow their noise.
FEWEST = 20
RESAMPLES = 200
#: The ridge is told when at least this share of the resampled fits have one, and agree on its exponent so far.
AGREEMENT, WIDEST = 0.9, 1.0


@dataclass(frozen=True)
class Ridge:
    """The best learning rate for each batch size."""

    batch_size: tuple[float, float]  #: its ends
    lr: tuple[float, float]
    exponent: float  #: lr grows as batch size to this power
    low: float  #: 95 % interval of the exponent, bootstrapped
    high: float


@dataclass(frozen=True)
class Map:
    """Final values over learning rate and batch size."""

    lr: Array  #: (trainings,)
    batch_size: Array
    value: Array  #: predicted final metric
    training: list[int]
    grid_lr: Array  #: (columns,)
    grid_batch: Array  #: (rows,)
    surface: Array  #: (rows, columns), as ranks in [0, 1]; NaN where no training is near
    ridge: Ridge | None


def lr_batch_map(history: History) -> Map | None:
    """The map, None when the study did not vary both or fewer than three trainings were evaluated."""
    known, values = axes(history), final_values(history)
    if not {"lr", "batch_size"} <= known.keys() or known["lr"].choices or known["batch_size"].choices:
        return None
    shown = [t for t in history.competing if t.number in values]
    shown = [
        t for t in shown if known["lr"].holds(t.config["lr"]) and known["batch_size"].holds(t.config["batch_size"])
    ]
    if len(shown) < 3:
        return None
    lr = np.array([float(t.config.lr) for t in shown])
    batch = np.array([float(t.config.batch_size) for t in shown])
    value = np.array([values[t.number] for t in shown])
    rank = ranked(value if history.direction == "maximize" else -value) / len(value)
    grid_lr = np.geomspace(known["lr"].low, known["lr"].high, 48)
    grid_batch = np.geomspace(max(1.0, known["batch_size"].low), known["batch_size"].high, 32)
    surface = _smooth(np.log(lr), np.log(batch), rank, np.log(grid_lr), np.log(grid_batch))
    return Map(lr, batch, value, [t.number for t in shown], grid_lr, grid_batch, surface, _ridge(lr, batch, rank))


def _smooth(x: Array, y: Array, value: Array, columns: Array, rows: Array) -> Array:
    """Nadaraya-Watson mean with a Gaussian kernel of a tenth of each range; NaN beyond about twice that."""
    dx = (columns[None, :, None] - x) / (0.1 * (np.ptp(columns) or 1.0))
    dy = (rows[:, None, None] - y) / (0.1 * (np.ptp(rows) or 1.0))
    weight = np.exp(-0.5 * (dx**2 + dy**2))
    total = weight.sum(axis=2)
    mean: Array = np.where(total > np.exp(-2.0), (weight * value).sum(axis=2) / np.maximum(total, 1e-300), np.nan)
    return mean


def _ridge(lr: Array, batch: Array, rank: Array) -> Ridge | None:
    """From rank = a + b x + c x^2 + d x z + e z + f z^2 with x = log lr, z = log batch: x = -(b + d z) / 2c, c < 0.

    Fitted to the better half, where a quadratic is about right.
    """
    good = rank >= 0.5
    if good.sum() < FEWEST or np.ptp(batch[good]) == 0 or np.ptp(lr[good]) == 0:
        return None
    x, z, y = np.log(lr[good]), np.log(batch[good]), rank[good]
    x0, z0 = x.mean(), z.mean()
    matrix = np.stack([np.ones_like(x), x - x0, (x - x0) ** 2, (x - x0) * (z - z0), z - z0, (z - z0) ** 2], axis=1)
    rng = np.random.default_rng(0)
    fits = [_fit(matrix[rows], y[rows]) for rows in rng.integers(0, len(y), (RESAMPLES, len(y)))]
    slopes = np.array([-fit[3] / (2 * fit[2]) for fit in fits if fit[2] < 0])
    fit = _fit(matrix, y)
    if fit[2] >= 0 or len(slopes) < AGREEMENT * RESAMPLES:
        return None
    ends = np.array([z.min(), z.max()])
    lrs = np.asarray(np.exp(x0 - (fit[1] + fit[3] * (ends - z0)) / (2 * fit[2])), dtype=np.float64)
    if not (lr.min() <= lrs).all() or not (lrs <= lr.max()).all():
        return None  # the best lie at the edge of what was tried: there is no ridge to see
    low, high = np.quantile(slopes, [0.025, 0.975]).tolist()
    if high - low > WIDEST:
        return None
    (small, large), (first, last) = np.exp(ends).tolist(), lrs.tolist()
    return Ridge((small, large), (first, last), float(-fit[3] / (2 * fit[2])), low, high)


def _fit(matrix: Array, values: Array) -> Array:
    return np.asarray(np.linalg.lstsq(matrix, values, rcond=None)[0], dtype=np.float64)
