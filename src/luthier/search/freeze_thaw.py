"""Freeze-thaw search: the next epoch goes where it is worth most.

It begins where good values usually lie (``_priors``), predicts where every curve is going and what a new config would
do (``_curves``), and then begins, or thaws, whatever is expected to improve most on the best for the epochs it takes.
What was tried on the way, with figures, is in dev/LOG.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier import hyperparameters
from luthier.records import Config, Decision, Direction, End, Slice, SliceResult
from luthier.search._axes import Axes
from luthier.search._curves import CurveModel, Rows, Scale, expected_improvement
from luthier.search._priors import Knowledge
from luthier.search._proposals import Complete, Proposals
from luthier.search._sampling import derived
from luthier.search._trainings import EPSILON, Training, Trainings
from luthier.space import Space

Array = NDArray[np.float64]

# Each of these was varied on simulated trainings (LCBench, development data sets); figures in dev/LOG.md.
FIRST_SHARE = 1 / 25  #: of the longest training, in the first slice of each
BREADTH = 0.45  #: share of all epochs that goes into first slices, so that a wrong model is found out
DRAWN = 10  #: one in so many new trainings is drawn from the priors, whatever the model says
GROWTH = 2  #: a slice takes a training at most so many times as far as it came

#: Gain is compared per this power of the epochs it takes: 1 would prefer what improves soonest, 0 what gets furthest.
PATIENCE = 0.5

_GRID = 4  #: a curve is shown at each so many times as many epochs, and where it stands
_CANDIDATES = (300, 50, 150)  #: from the priors, from everywhere, around the best
_LEADERS = 6  #: trainings that candidates are bred from
_MOST_SHOWN = 90  #: trainings that the model sees, about 4 values of each; with more a decision takes longer
_MOST_THAWS = 100  #: trainings that are considered for thawing
_FIT_GROWTH = 1.2  #: the model is fitted again when it has so many times as many values
_NEGLIGIBLE = 1e-3  #: improvement, in spreads, not worth an epoch when the space is used up
_NEAR = 0.15  #: distance within which slices that run together tell the same
_OWN = {"freeze-thaw": 1}


@dataclass
class _Options:
    """What could be done next, with its worth."""

    thaws: list[Training]
    thaw_worth: Array
    points: Array  #: of new trainings
    point_worth: Array
    features: Array  #: of ``points``


class FreezeThaw:
    """Begins trainings and thaws them, in slices, wherever the expected improvement for its epochs is largest.

    ``max_epochs`` is the longest training, ``interval`` the epochs between two evaluations. The user's own setting
    (``baseline``) is trained first, from start to end. ``complete`` gives a config its defaults. By hand::

        search = FreezeThaw(Space(lr=log_uniform(1e-4, 1), epochs=20), max_epochs=20)
        for _ in range(50):
            for decision in search.ask():
                if isinstance(decision, Slice):
                    points = train(decision.config, decision.start, decision.stop)  # yours: one Point per epoch
                    search.tell(SliceResult(decision, points, Outcome(Status.DONE)))
    """

    def __init__(
        self,
        space: Space,
        *,
        max_epochs: float,
        direction: Direction = "maximize",
        complete: Complete = hyperparameters.complete,
        seed: int = 0,
        interval: float = 1.0,
        baseline: Config | None = None,
    ):
        self._axes = Axes(space)
        self._proposals = Proposals(space, complete, seed=seed, baseline=baseline)
        self._trainings = Trainings(direction, seed)
        self._knowledge = Knowledge(self._axes, {**(baseline or {}), **space.fixed})
        self._interval = interval
        self._end = float(max_epochs)
        self._first = min(self._end, interval * max(1, round(FIRST_SHARE * self._end / interval)))
        self._model = CurveModel(self._axes.features(np.zeros((1, len(self._axes)))).shape[1])
        self._points: dict[int, Array] = {}  # of trainings inside the space
        self._seed = seed
        self._told = 0
        self._fit_rows: Rows | None = None  # to fit to, when not yet done
        self._fit_at = 4

    def ask(self, n: int = 1) -> list[Decision]:
        """What the user began goes to its end first; then up to ``n`` slices in the order of their worth."""
        slices = self._straight(n)
        ends: list[End] = []
        if len(slices) < n:
            more, ends = self._decide(n - len(slices))
            slices += more
        return [*ends, *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        training = self._trainings.tell(result)
        self._proposals.learn(result)
        self._told += 1
        self._place(training)
        # The model is fitted to what was told up to fixed counts, whenever it was asked: told again, it decides alike.
        shown = self._shown()
        count = sum(len(self._epochs(t)) for t in shown)
        if count >= self._fit_at:
            self._fit_rows = self._rows(shown[: 2 * _MOST_SHOWN // 3])
            self._fit_at = int(count * _FIT_GROWTH) + 1

    @property
    def finished(self) -> bool:
        """Whether the space is used up and no training is worth another slice."""
        return self._proposals.exhausted and not self._trainings.pending and not self._live()

    def _straight(self, n: int) -> list[Slice]:
        """The user's own setting and trainings, to their ends."""
        own = [t for t in self._sorted() if t.at_rest and not t.note and t.reached < t.epochs - EPSILON]
        slices = [self._trainings.slice(t, t.epochs) for t in own[:n]]
        config = self._proposals.baseline() if len(slices) < n else None
        if config is not None:
            training = self._begin(config, straight=True)
            slices.append(self._trainings.slice(training, training.epochs))
        return slices

    def _decide(self, n: int) -> tuple[list[Slice], list[End]]:
        options = self._options()
        slices: list[Slice] = []
        while len(slices) < n:
            cut = self._next(options)
            if cut is None:
                break
            slices.append(cut)
        return slices, [] if slices or self._trainings.pending else self._give_up()

    def _next(self, options: _Options) -> Slice | None:
        """The most valuable of the options, which leaves them."""
        best_thaw = options.thaw_worth.max(initial=-math.inf)
        best_point = options.point_worth.max(initial=-math.inf)
        if not self._proposals.exhausted and (best_point >= best_thaw or self._narrow()):
            config = self._new(options)
            if config is not None:
                training = self._begin(config)
                return self._trainings.slice(training, self._first)
        worth_it = 0.0 if not self._proposals.exhausted else _NEGLIGIBLE
        if best_thaw <= worth_it:
            return None
        index = int(options.thaw_worth.argmax())
        options.thaw_worth[index] = -math.inf
        training = options.thaws[index]
        goal = max(GROWTH * training.reached, training.reached + self._first)
        return self._trainings.slice(training, self._interval * round(goal / self._interval))

    def _narrow(self) -> bool:
        """Whether too little went into first slices."""
        own = [t for t in self._trainings if t.note]
        return len(own) * self._first < BREADTH * sum(t.asked for t in own)

    def _new(self, options: _Options) -> Config | None:
        """The best new config; those like it lose their worth for the slices that run beside it."""
        point: Array | None = None
        if len(options.points):
            number = self._trainings.next_number()
            # The first of the points are plain draws from the priors.
            index = 0 if number % DRAWN == DRAWN - 1 else int(options.point_worth.argmax())
            point = options.points[index]
            options.point_worth *= _novelty(options.features, options.features[index])
        return self._proposals.fresh(None if point is None else self._axes.params(point))

    def _begin(self, config: Config, straight: bool = False) -> Training:
        training = self._trainings.begin(config, {} if straight else _OWN)
        self._place(training)
        return training

    def _place(self, training: Training) -> None:
        if training.number not in self._points:
            params = self._proposals.params(training.config)
            if params is not None:
                self._points[training.number] = self._axes.point(params)

    def _sorted(self) -> list[Training]:
        return sorted(self._trainings, key=lambda t: t.number)

    def _live(self) -> list[Training]:
        """Trainings that can be thawed: the search's own, and another's when it is best of all."""
        live = [t for t in self._sorted() if t.at_rest and not t.failed and t.reached < t.epochs - EPSILON]
        best = max(self._sorted(), key=Training.score, default=None)
        return [t for t in live if t.note in ({}, _OWN) or t is best]

    def _shown(self) -> list[Training]:
        """The trainings that the model sees, the best first; of the others an even sample."""
        placed = [t for t in self._sorted() if t.number in self._points and (t.reached > 0 or t.failed)]
        placed.sort(key=lambda t: -t.score())
        best, rest = placed[: _MOST_SHOWN // 2], placed[_MOST_SHOWN // 2 :]
        return best + rest[:: max(1, math.ceil(len(rest) / (_MOST_SHOWN // 2)))]

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

    def _rows(self, trainings: Sequence[Training]) -> Rows:
        """What these curves show. What failed is as bad as the worst, to its end."""
        scored = [(t, e, t.score(e)) for t in trainings for e in self._epochs(t)]
        scores = np.array([score for _, _, score in scored])
        finite = scores[np.isfinite(scores)]
        if len(finite):
            values = Scale.of(finite)(np.where(np.isfinite(scores), scores, finite.min()))
        else:
            values = np.full(len(scores), -1.0)
        return Rows(
            self._axes.features(np.array([self._points[t.number] for t, _, _ in scored])),
            np.array([t.number for t, _, _ in scored]),
            self._remaining(np.array([epoch for _, epoch, _ in scored])),
            values,
        )

    def _remaining(self, epochs: Array) -> Array:
        """1 after the first slice, 0 at the end of the longest training, evenly in the logarithm."""
        if self._end <= self._first:
            return np.zeros_like(epochs)
        clipped = np.clip(epochs, self._first, self._end)
        remaining: Array = np.log(self._end / clipped) / math.log(self._end / self._first)
        return remaining

    def _options(self) -> _Options:
        rng = np.random.default_rng(derived(self._seed, self._told, self._trainings.next_number()))
        shown = self._shown()
        if not shown:
            points = np.concatenate([self._knowledge.draw(rng, 1, 0.0), self._knowledge.draw(rng, 50)])
            points = self._unseen(points)
            worth = 1.0 / (1 + np.arange(len(points)))
            return _Options([], np.zeros(0), points, worth, self._axes.features(points))
        if self._fit_rows is not None:
            self._model.fit(self._fit_rows)
            self._fit_rows = None
        rows = self._rows(shown)
        self._model.condition(rows)
        best = float(rows.value.max())
        known = [t for t in shown if t.number in self._points]
        thaws = sorted(self._live(), key=lambda t: -t.score())[:_MOST_THAWS]
        thaws = [t for t in thaws if t.number in self._points]
        leaders = self._leaders(known)
        points = self._candidates(rng, leaders)
        ends = np.full(len(points), self._end)
        if "epochs" in self._axes.names:
            ends = self._axes.axes["epochs"].values(self._axes.column(points, "epochs"))
        features = self._axes.features(points)
        point_worth = self._worth(features, np.zeros(len(points)), ends, best, None)
        for training in self._sorted():
            if training.pending and training.number in self._points and training.reached == 0:
                point_worth *= _novelty(features, self._axes.features(self._points[training.number][None])[0])
        thaw_worth = np.zeros(0)
        if thaws:
            at = self._axes.features(np.array([self._points[t.number] for t in thaws]))
            reached = np.array([t.reached for t in thaws])
            thaw_ends = np.array([t.epochs for t in thaws])
            thaw_worth = self._worth(at, reached, thaw_ends, best, np.array([t.number for t in thaws]))
        return _Options(thaws, thaw_worth, points, point_worth, features)

    def _leaders(self, known: list[Training]) -> Array:
        """Points of the trainings that will probably be best."""
        points = np.array([self._points[t.number] for t in known])
        numbers = np.array([t.number for t in known])
        mean, _ = self._model.predict(self._axes.features(points), np.zeros((1, len(known))), numbers)
        return points[np.argsort(-mean[0], kind="stable")[:_LEADERS]]

    def _candidates(self, rng: np.random.Generator, leaders: Array) -> Array:
        known, anywhere, bred = _CANDIDATES
        parents = leaders[rng.integers(len(leaders), size=bred)]
        partners = leaders[rng.integers(len(leaders), size=bred)]
        crossed = rng.random((bred, 1)) < 0.3
        parents = np.where(crossed & (rng.random(parents.shape) < 0.5), partners, parents)
        drawn = [self._knowledge.draw(rng, known), self._axes.uniform(rng, anywhere), self._axes.mutated(rng, parents)]
        return self._unseen(np.concatenate(drawn))

    def _unseen(self, points: Array) -> Array:
        tried = {np.round(p, 4).tobytes() for p in self._points.values()}
        return points[[np.round(p, 4).tobytes() not in tried for p in points]]

    def _worth(
        self, features: Array, reached: Array, ends: Array, best: float, training: NDArray[np.int64] | None
    ) -> Array:
        """Expected improvement at the best moment to come, for the epochs until then."""
        steps = self._first * 2.0 ** np.arange(1 + math.ceil(math.log2(max(1.0, self._end / self._first))))
        horizons = np.minimum(reached + steps[:, None], ends)
        mean, deviation = self._model.predict(features, self._remaining(horizons), training)
        gain = expected_improvement(mean, deviation, best)
        worth: Array = (gain / np.maximum(horizons - reached, self._interval) ** PATIENCE).max(0, initial=0.0)
        return worth

    def _give_up(self) -> list[End]:
        """Ends what is not worth another slice, once there is nothing new to begin."""
        live = self._live() if self._proposals.exhausted else []
        for training in live:
            training.ended = True
        return [End(t.number, "not expected to become the best") for t in live]


def _novelty(features: Array, beside: Array) -> Array:
    """What share of its worth a new config keeps when another one is under way: 0 where it is the same."""
    squared = ((features - beside) ** 2).sum(1)
    share: Array = 1 - np.exp(-squared / (2 * _NEAR**2))
    return share
