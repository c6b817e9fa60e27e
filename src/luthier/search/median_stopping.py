"""Median stopping (Golovin et al. 2017, "Google Vizier", KDD, section 3.2.2), which pauses where Vizier ends.

A training is paused when its best value up to epoch s is worse than the median, over all trainings that came to their
ends, of their mean value up to s. The median changes with every training that ends; as soon as a paused training
passes again, it is thawed. What is still paused when nothing new is left to begin is given up.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from itertools import accumulate
from statistics import median

from luthier.records import Config, Decision, Direction, End, Slice, SliceResult
from luthier.search._base import check_given
from luthier.search._proposals import Complete, Proposals
from luthier.search._sampling import Sampling, derived
from luthier.search._trainings import EPSILON, Training, Trainings
from luthier.space import Space

#: Trainings that come to their ends before any is paused, as many as Optuna's MedianPruner waits for.
STARTUP = 5

_NOTE = {"median-stopping": 1}


class MedianStopping:
    """New trainings drawn by ``sampler`` ("tpe", "random", "qmc"), judged after every ``interval`` epochs.

    The user's own setting (``baseline``) runs first and is never paused.
    """

    def __init__(
        self,
        space: Space,
        *,
        max_epochs: float,
        direction: Direction = "maximize",
        complete: Complete,
        seed: int = 0,
        sampler: str = "tpe",
        interval: float = 1.0,
        baseline: Config | None = None,
    ):
        check_given(direction, max_epochs, interval)
        self._sampling = Sampling(space, sampler=sampler, direction=direction, seed=seed)
        self._proposals = Proposals(space, complete, max_epochs, seed=seed, baseline=baseline)
        self._trainings = Trainings(direction, seed)
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._seed, self._interval = seed, min(interval, max_epochs)
        self._curves: dict[int, tuple[list[float], list[float]]] = {}  # epochs and scores, by training
        self._ended: list[tuple[list[float], list[float]]] = []  # epochs and mean scores until then
        self._going: list[int] = []  # trainings that pass, the oldest first
        self._paused: list[int] = []
        self._seen: set[int] = set()  # trainings that the sampler has seen

    def ask(self, n: int = 1) -> list[Decision]:
        """Goes on with what passes, then begins anew."""
        slices: list[Slice] = []
        while len(slices) < n:
            training = self._trainings[self._going.pop(0)] if self._going else self._begin()
            if training is None:
                break
            stop = training.reached + self._interval if training.note else training.epochs
            slices.append(self._trainings.slice(training, stop))
        return [*([] if slices or self._trainings.pending else self._give_up()), *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        training = self._trainings.tell(result)
        self._proposals.learn(result)
        epochs, scores = self._curves.setdefault(training.number, ([], []))
        for point in result.points:
            epochs.append(point.epoch)
            scores.append(self._sign * point.metric)
        for numbers in (self._going, self._paused):
            if training.number in numbers:
                numbers.remove(training.number)
        if training.over:
            self._show(training)
            self._end(training)
        elif training.note in ({}, _NOTE) and training.at_rest:
            self._judge(training)

    @property
    def finished(self) -> bool:
        """Whether the space is used up and no training passes."""
        return self._proposals.exhausted and not (self._going or self._trainings.pending)

    def _begin(self) -> Training | None:
        """A new training: the user's own setting first; None when there is nothing new."""
        config, note = self._proposals.baseline(), {}
        if config is None and not self._proposals.exhausted:
            drawn = self._sampling.draw(derived(self._seed, self._trainings.next_number()))
            self._sampling.discard(drawn.number)
            config, note = self._proposals.fresh(drawn.params), _NOTE
        return None if config is None else self._trainings.begin(config, note)

    def _judge(self, training: Training) -> None:
        """Lets a training go on or pauses it."""
        if not training.note or self._passes(training):
            insort(self._going, training.number)
        else:
            self._paused.append(training.number)
            self._show(training)

    def _passes(self, training: Training) -> bool:
        if len(self._ended) < STARTUP:
            return True
        places = [(bisect_right(epochs, training.reached + EPSILON), means) for epochs, means in self._ended]
        return training.score() >= median([means[max(0, place - 1)] for place, means in places])

    def _end(self, training: Training) -> None:
        """Takes a training that came to its end into the median, and thaws whatever passes now."""
        epochs, scores = self._curves[training.number]
        finite = [score if math.isfinite(score) else min(scores, default=0.0) for score in scores]
        if training.failed or not scores or not all(map(math.isfinite, finite)):
            return
        means = [total / count for count, total in enumerate(accumulate(finite), 1)]
        self._ended.append((epochs, means))
        for number in list(self._paused):
            if self._passes(self._trainings[number]):
                self._paused.remove(number)
                insort(self._going, number)

    def _show(self, training: Training) -> None:
        """Shows the sampler how good a training was when it ended, or was paused for the first time."""
        params = self._proposals.params(training.config)
        if training.number not in self._seen and params is not None:
            self._seen.add(training.number)
            self._sampling.observe(params, training.score())

    def _give_up(self) -> list[End]:
        """Ends what is paused, once there is nothing new to begin."""
        if not self._proposals.exhausted:
            return []
        paused, self._paused = self._paused, []
        for number in paused:
            self._trainings[number].ended = True
        return [End(number, "worse than the median at the same epoch") for number in paused]
