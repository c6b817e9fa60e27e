"""What an epoch of a config takes, learned from the trainings that ran."""

from __future__ import annotations

import math
import statistics

import numpy as np
from numpy.typing import NDArray

from luthier.records import EpochCost
from luthier.search._axes import Axes
from luthier.search._literature import REFERENCE_BATCH

Array = NDArray[np.float64]

#: By how much, in log seconds, an epoch may change over the range of a hyperparameter: one standard deviation. What a
#: step computes does not depend on the first ones; of names that are not Luthier's, the model's, nothing is known.
_CHANGES_LITTLE = 0.1
_CHANGES = 1.5
_BESIDE_A_MEASURED_ONE = 0.4  #: of the batch size, where its times were measured for one model
_NO_COST = (
    *("lr", "weight_decay", "momentum", "nesterov", "beta1", "beta2", "alpha", "eps", "l1", "gamma", "warmup"),
    *("epochs", "schedule", "label_smoothing", "loss"),
)
_BENDS = 0.5  #: how much of that may be bent
_NOISE = 0.15  #: of a training's log seconds per epoch


class Costs:
    """Seconds of an epoch at any point: log-linear in the coordinates and their squares, with weak priors.

    ``measured``, if given, are seconds by batch size, from which the model starts.
    """

    def __init__(self, axes: Axes, measured: EpochCost | None) -> None:
        self._table = None if measured is None else _table(measured)
        # A space without ranges has one column of features that says nothing.
        spread = np.array([self._spread(n) for n in axes.names for _ in range(axes.width(n))] or [_CHANGES_LITTLE])
        self._precision = np.diag(1 / np.concatenate([[10.0], spread, _BENDS * spread]) ** 2)
        self._weights = np.zeros(len(self._precision))
        self._seen: dict[int, tuple[Array, float, float]] = {}  # columns, what is known, log seconds
        self._starts: list[float] = []

    def _spread(self, name: str) -> float:
        if name == "batch_size" and self._table is not None:
            return _BESIDE_A_MEASURED_ONE
        return _CHANGES_LITTLE if name in _NO_COST else _CHANGES

    def tell(self, number: int, features: Array, batch_size: float, seconds: float) -> None:
        """Takes the mean seconds of an epoch of a training, in place of what was told of it before."""
        if seconds <= 0:
            return
        self._seen[number] = (_basis(features[None])[0], self._known(np.array([batch_size]))[0], math.log(seconds))
        columns, known, logs = (np.array(part) for part in zip(*self._seen.values(), strict=True))
        matrix = self._precision + columns.T @ columns / _NOISE**2
        self._weights = np.linalg.solve(matrix, columns.T @ (logs - known) / _NOISE**2)

    def tell_start(self, seconds: float) -> None:
        """Takes what a slice took besides its epochs: a start, a checkpoint read and written."""
        self._starts.append(max(0.0, seconds))

    @property
    def start(self) -> float:
        """What a slice takes besides its epochs, in epochs of a usual training; 0 while nothing is known."""
        return statistics.median(self._starts) / math.exp(self._usual) if self._starts and self._seen else 0.0

    @property
    def _usual(self) -> float:
        return statistics.fmean(logs for _, _, logs in self._seen.values())

    def __call__(self, features: Array, batch_sizes: Array) -> Array:
        """Of an epoch, in those of a usual training that ran; while none did, as measured by batch size."""
        logs = self._known(batch_sizes)
        if self._seen:
            logs = logs + _basis(features) @ self._weights - self._usual
        return np.exp(logs)

    def _known(self, batch_sizes: Array) -> Array:
        """Log seconds by batch size, as measured, against those at REFERENCE_BATCH."""
        if self._table is None:
            return np.zeros(len(batch_sizes))
        sizes, logs = self._table
        found: Array = np.interp(batch_sizes, sizes, logs)
        return found


def _basis(features: Array) -> Array:
    centred = features - 0.5
    return np.concatenate([np.ones((len(features), 1)), centred, centred**2], 1)


def _table(cost: EpochCost) -> tuple[Array, Array]:
    """Batch sizes, and the logarithm of what an epoch costs at them."""
    sizes = np.unique(np.geomspace(1, max(2, cost.samples), 100).round())
    seconds = np.array([cost.seconds(int(size)) for size in sizes])
    return sizes, np.log(seconds / cost.seconds(REFERENCE_BATCH))
