"""What a search knows of its trainings, told slice by slice."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from luthier.records import Config, Direction, Point, Slice, SliceResult, Status

EPSILON = 1e-9  #: epochs closer than this are the same

#: Outcomes that count as worse than any other training, whatever the training had shown before.
FAILURES = (Status.DIVERGED, Status.OUT_OF_MEMORY, Status.FAILED)


@dataclass
class Training:
    """A training as the search sees it. Scores are metrics with the sign that makes larger better."""

    number: int
    config: Config
    note: Mapping[str, Any]
    seed: int  #: a study may be continued under another seed; what was begun keeps its own
    reached: float = 0.0  #: epochs done
    asked: float = 0.0  #: furthest epoch that any slice was meant to reach
    pending: bool = False  #: whether a slice is out
    over: bool = False
    failed: bool = False
    ended: bool = False  #: whether the search gave it up
    origin: Slice | None = None  #: what it branched from
    seconds: float = 0.0  #: of its points
    _epochs: list[float] = field(default_factory=list)
    _best: list[float] = field(default_factory=list)
    _scores: dict[float, float] = field(default_factory=dict, repr=False, compare=False)  #: scores, by epoch

    @property
    def epochs(self) -> float:
        """Its full length."""
        return float(self.config.epochs)

    @property
    def end(self) -> float:
        """Where it ends; where it did, when it is over."""
        return self.reached if self.over else self.epochs

    @property
    def at_rest(self) -> bool:
        """Whether it could go on now."""
        return not (self.pending or self.over or self.ended)

    def passed(self, epoch: float) -> bool:
        """Whether it was trained for so long, or as long as it will ever be."""
        return self.over or self.reached >= epoch - EPSILON

    def score(self, epoch: float = math.inf) -> float:
        """``shown``, for comparing trainings: minus infinity when it failed, whatever it had shown."""
        return -math.inf if self.failed else self.shown(epoch)

    def shown(self, epoch: float = math.inf) -> float:
        """Best score up to ``epoch``; minus infinity while no metric was finite."""
        known = self._scores.get(epoch)  # asked for at the same few epochs by every decision
        if known is None:
            seen = bisect_right(self._epochs, epoch + EPSILON)
            known = self._scores[epoch] = self._best[seen - 1] if seen else -math.inf
        return known

    @property
    def first(self) -> float:
        """Its first finite score; infinity while there is none."""
        return next((score for score in self._best if math.isfinite(score)), math.inf)

    def lacks(self, point: Point) -> bool:
        """Whether no point of its epoch was added yet."""
        place = bisect_right(self._epochs, point.epoch + EPSILON)
        return not place or self._epochs[place - 1] < point.epoch - EPSILON

    def add(self, point: Point, sign: float) -> None:
        """Takes a point of the curve."""
        score = sign * point.metric
        score = score if math.isfinite(score) else -math.inf
        self._scores.clear()
        place = bisect_right(self._epochs, point.epoch)  # the last, unless slices come in another order
        self._epochs.insert(place, point.epoch)
        self._best.insert(place, max(score, self._best[place - 1]) if place else score)
        self._best[place:] = [max(score, later) for later in self._best[place:]]


class Trainings:
    """All trainings of a search, by number."""

    def __init__(self, direction: Direction, seed: int):
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._seed = seed
        self._known: dict[int, Training] = {}
        self._free = 0
        self._pending = 0

    def __getitem__(self, number: int) -> Training:
        return self._known[number]

    def __contains__(self, number: int) -> bool:
        return number in self._known

    def __iter__(self) -> Iterator[Training]:
        return iter(self._known.values())

    @property
    def pending(self) -> int:
        """Slices that are out."""
        return self._pending

    def next_number(self) -> int:
        """The smallest number that was neither asked nor told."""
        while self._free in self._known:
            self._free += 1
        return self._free

    def begin(self, config: Config, note: Mapping[str, Any], origin: Slice | None = None) -> Training:
        """A new training under the next number."""
        reached = 0.0 if origin is None else origin.stop
        training = Training(self.next_number(), config, note, self._seed, reached, reached, origin=origin)
        self._known[training.number] = training
        return training

    def slice(self, training: Training, stop: float) -> Slice:
        """Sends a training on to epoch ``stop``, or to its end when that comes first."""
        training.asked = max(training.asked, min(stop, training.epochs))
        training.pending = True
        self._pending += 1
        # Every training has the same seed: what differs between two of them is their configs, not their luck.
        start, stop = training.reached, min(stop, training.epochs)
        return Slice(training.number, training.config, start, stop, training.seed, training.note, training.origin)

    def has_all(self, result: SliceResult) -> bool:
        """Whether a result has points, and all of them were told before."""
        training = self._known.get(result.slice.training)
        return training is not None and bool(result.points) and not any(map(training.lacks, result.points))

    def tell(self, result: SliceResult) -> Training:
        """Takes a result; of a training that was never asked for, too."""
        cut = result.slice
        new = Training(cut.training, cut.config, cut.note, cut.seed, origin=cut.origin)
        training = self._known.setdefault(cut.training, new)
        if training.pending:
            training.pending = False
            self._pending -= 1
        training.seconds += sum(p.seconds for p in result.points if training.lacks(p))  # told again, they count once
        for point in result.points:
            training.add(point, self._sign)
        training.reached = max(training.reached, cut.start, *(p.epoch for p in result.points))
        training.asked = max(training.asked, cut.stop)
        training.over = training.over or result.over
        training.failed = training.failed or result.outcome.status in FAILURES
        return training
