"""What the curves of a search's trainings say about the epochs to come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier.search._axes import Axes
from luthier.search._costs import Costs
from luthier.search._curves import CurveModel, Rows
from luthier.search._literature import REFERENCE_BATCH
from luthier.search._priors import Knowledge
from luthier.search._scale import Scale
from luthier.search._trainings import EPSILON, Training, Trainings

Array = NDArray[np.float64]

_GRID = 4  #: a curve is shown at each so many times as many epochs, and where it stands
_MOST_SHOWN = 90  #: trainings that the model sees, about 4 values of each; with more a decision takes longer
#: Distance, in lengths of the model, within which two trainings tell about the same; and the shortest such length that
#: is believed. Unit ranges in place of lengths, 0.15 and 0.3 left more regret (dev/LOG.md).
_NEAR, _SHORTEST = 0.2, 0.5
_FAILED = -1.0  #: what a failure counts as on the model's scale, while nothing else was seen
_FIT_GROWTH = 1.2  #: the model is fitted again when it has so many times as many values
#: By how much a config is expected to be worse for each squared standard deviation from what is usual, on the model's
#: scale. More, or coefficients that are learned, were no better (dev/LOG.md).
_UNUSUAL = 0.01
#: A config counts as dear by this power of what its epoch takes: where the best configs are the dear ones, 1 lost by
#: seconds, too, and 0 where they are not (dev/LOG.md).
_DEARNESS = 0.5


@dataclass(frozen=True)
class Runs:
    """Trainings, begun or not, as the model wants them: one entry for each."""

    features: Array
    reached: Array
    ends: Array  #: full lengths
    numbers: NDArray[np.int64]  #: -1: not begun
    cost: Array  #: of an epoch, in those of a usual training, to the power of _DEARNESS; 1 where only epochs count
    expected: Array  #: before anything was seen, on the model's scale

    def __len__(self) -> int:
        return len(self.reached)

    def take(self, indices: Sequence[int]) -> Runs:
        """Some of them."""
        return Runs(*(values[indices] for values in vars(self).values()))

    def and_(self, more: Runs) -> Runs:
        """These and others."""
        pairs = zip(vars(self).values(), vars(more).values(), strict=True)
        return Runs(*(np.concatenate(pair) for pair in pairs))


def _batch_size(training: Training) -> float:
    """Of a training; a search by hand may have none."""
    size = training.config.get("batch_size")
    return float(size) if isinstance(size, (int, float)) else float(REFERENCE_BATCH)


class Outlook:
    """The model of curves over all trainings of a search. ``first`` is the length of a first slice."""

    def __init__(
        self,
        axes: Axes,
        knowledge: Knowledge,
        trainings: Trainings,
        max_epochs: float,
        first: float,
        costs: Costs | None = None,
    ) -> None:
        self.points: dict[int, Array] = {}  #: of the trainings inside the space, by number
        self._features: dict[int, Array] = {}  # of the same
        self._foreseen: dict[int, float] = {}  # what is expected of them beforehand
        self._axes = axes
        self._knowledge = knowledge
        self._trainings = trainings
        self._end = max_epochs
        self._first = first
        self._costs = costs
        self._model = CurveModel(axes.features(np.zeros((1, len(axes)))).shape[1])
        self._fit_rows: Rows | None = None  # to fit to, when not yet done
        self._fit_at = 4
        self._scale: Scale | None = None
        self.best = -math.inf  #: of all values, on the model's scale

    def place(self, number: int, point: Array) -> None:
        """Says where a training lies."""
        self.points[number] = point
        self._features[number] = self._axes.features(point[None])[0]
        self._foreseen[number] = float(self._expected(point[None])[0])

    def timed(self, training: Training, start: float) -> None:
        """Takes what the epochs of a training took in all, and what its last slice took besides (``start``)."""
        if self._costs is None:
            return
        self._costs.tell_start(start)
        features = self._features.get(training.number)
        if features is not None and training.reached > 0:
            self._costs.tell(training.number, features, _batch_size(training), training.seconds / training.reached)

    @property
    def knows(self) -> bool:
        """Whether a training of the space gave a finite value, and did not fail."""
        return any(math.isfinite(t.score()) for t in self._trainings if t.number in self.points)

    @property
    def in_seconds(self) -> bool:
        """Whether costs differ."""
        return self._costs is not None

    @property
    def start(self) -> float:
        """What a slice costs besides its epochs, in epochs of a usual training."""
        return 0.0 if self._costs is None else self._costs.start

    def told(self) -> None:
        """To be called after each result: fits are due at fixed counts, so that what is told again gives the same."""
        shown = self.shown()
        count = sum(len(self._epochs(t)) for t in shown)
        if count >= self._fit_at:
            self._fit_rows = self._rows(shown[: 2 * _MOST_SHOWN // 3])[0]
            self._fit_at = int(count * _FIT_GROWTH) + 1

    def look(self, also: Training | None = None) -> list[Training]:
        """Brings the model up to date with all that was told; the trainings that it sees, the best first."""
        shown = self.shown()
        if also is not None and also not in shown and also.number in self.points:
            shown = [*shown, also]
        if not shown:
            return []
        if self._fit_rows is not None:
            self._model.fit(self._fit_rows)
            self._fit_rows = None
        rows, self._scale = self._rows(shown)
        self._model.condition(rows)
        self.best = 0.0 if self._scale is not None else _FAILED
        return shown

    def shown(self) -> list[Training]:
        """The trainings that the model sees, the best first; of the others an even sample."""
        placed = [t for t in self._trainings if t.number in self.points and (t.reached > 0 or t.failed)]
        placed.sort(key=lambda t: (-t.score(), t.number))
        best, rest = placed[: _MOST_SHOWN // 2], placed[_MOST_SHOWN // 2 :]
        return best + rest[:: max(1, math.ceil(len(rest) / (_MOST_SHOWN // 2)))]

    def begun(self, trainings: Sequence[Training]) -> Runs:
        """Trainings that lie in the space."""
        features = self._features_of(trainings)
        return Runs(
            features,
            np.array([t.reached for t in trainings]),
            np.array([t.epochs for t in trainings]),
            np.array([t.number for t in trainings], np.int64),
            self._cost(features, np.array([_batch_size(t) for t in trainings])),
            self._beforehand(trainings),
        )

    def new(self, points: Array) -> Runs:
        """Trainings at these points that were not begun."""
        ends = self._numbers("epochs", points, self._end)
        sizes = self._numbers("batch_size", points, float(REFERENCE_BATCH))  # if they do not vary, all cost the same
        numbers, features = np.full(len(points), -1), self._axes.features(points)
        costs, expected = self._cost(features, sizes), self._expected(points)
        return Runs(features, np.zeros(len(points)), ends, numbers, costs, expected)

    def _numbers(self, name: str, points: Array, fixed: float) -> Array:
        """The values of a hyperparameter, a number or a choice of numbers; ``fixed`` where it does not vary."""
        axis = self._axes.axes.get(name)
        if axis is None:
            return np.full(len(points), fixed)
        column = self._axes.column(points, name)
        return axis.values(column) if axis.choices is None else np.array([float(axis.value(u)) for u in column])

    def _cost(self, features: Array, batch_sizes: Array) -> Array:
        return np.ones(len(features)) if self._costs is None else self._costs(features, batch_sizes) ** _DEARNESS

    def _features_of(self, trainings: Sequence[Training]) -> Array:
        found = np.array([self._features[t.number] for t in trainings], float)
        return found.reshape(len(trainings), self._model.dimensions)

    def _beforehand(self, trainings: Sequence[Training]) -> Array:
        return np.array([self._foreseen[t.number] for t in trainings], float)

    def _expected(self, points: Array) -> Array:
        return -_UNUSUAL * self._knowledge.strangeness(points)

    def predict(self, runs: Runs, horizons: Array) -> tuple[Array, Array]:
        """Means and standard deviations on the model's scale at ``horizons`` (horizons, runs)."""
        begun = None if (runs.numbers < 0).all() else runs.numbers
        mean, deviation = self._model.predict(runs.features, self.remaining(horizons), begun)
        return mean + runs.expected, deviation

    def unlike(self, features: Array) -> Array:
        """What share of their worth new configs keep beside the one most like them that was begun."""
        known, features = self._scaled(np.array(list(self._features.values()))), self._scaled(features)
        squared = (features**2).sum(1)[:, None] + (known**2).sum(1) - 2 * features @ known.T
        return _share(squared.min(1))

    def novelty(self, features: Array, beside: Array) -> Array:
        """What share of its worth a new config keeps beside another one: 0 where it is the same."""
        return _share(((self._scaled(features) - self._scaled(beside)) ** 2).sum(-1))

    def _scaled(self, features: Array) -> Array:
        """Features in which trainings one apart tell about the same: what matters little counts little."""
        near: Array = features / np.maximum(self._model.lengths, _SHORTEST) / _NEAR
        return near

    def scores(self, values: Array) -> Array | None:
        """What values on the model's scale are as scores; None while no training gave a finite metric."""
        return None if self._scale is None else self._scale.score(values)

    def _epochs(self, training: Training) -> list[float]:
        """Where a curve is shown to the model."""
        if not math.isfinite(training.score()):
            return sorted({max(training.reached, self._first), training.epochs})
        epoch, epochs = self._first, []
        while epoch < training.reached - EPSILON:
            if math.isfinite(training.score(epoch)):
                epochs.append(epoch)
            epoch *= _GRID
        return [*epochs, training.reached]

    def _rows(self, trainings: Sequence[Training]) -> tuple[Rows, Scale | None]:
        """What these curves show. What failed is as bad as the worst, to its end."""
        epochs = [self._epochs(t) for t in trainings]
        scores = np.array([t.score(e) for t, at in zip(trainings, epochs, strict=True) for e in at])
        finite = scores[np.isfinite(scores)]
        scale = Scale.of(finite) if len(finite) else None
        values = np.full(len(scores), _FAILED)
        if scale is not None:
            values = scale(np.where(np.isfinite(scores), scores, finite.min()))
        of = np.repeat(np.arange(len(trainings)), [len(at) for at in epochs])
        rows = Rows(
            self._features_of(trainings)[of],
            np.array([t.number for t in trainings])[of],
            self.remaining(np.concatenate(epochs)),
            values - self._beforehand(trainings)[of],
        )
        return rows, scale

    def remaining(self, epochs: Array) -> Array:
        """1 after the first slice, 0 at the end of the longest training, evenly in the logarithm."""
        if self._end <= self._first:
            return np.zeros_like(epochs)
        clipped = np.clip(epochs, self._first, self._end)
        remaining: Array = np.log(self._end / clipped) / math.log(self._end / self._first)
        return remaining


def _share(squared: Array) -> Array:
    """What is left of a worth, by the square of the distance to the nearest training."""
    share: Array = 1 - np.exp(-np.maximum(squared, 0.0) / 2)
    return share
