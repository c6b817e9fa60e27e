"""Freeze-thaw search: a model says what to begin, the values shown say what to thaw.

The user's own setting gets a look first, and its end later: what is usually better should not wait for it. The search
begins with a portfolio of settings (``_portfolio``) around where good values usually lie (``_priors``), then where its
model of all curves (``_curves``) expects the most improvement for the epochs it takes, unless it has begun something
like it. Whatever is in the best half of those that came as far is thawed first (``_ranks``); now and then another one
goes to its end (``_scouts``). What was tried on the way, with figures, is in dev/LOG.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luthier import hyperparameters
from luthier.errors import UsageError
from luthier.records import Belief, Config, Decision, Direction, End, EpochCost, Forecast, Slice, SliceResult, Value
from luthier.search import _forecasts, _ranks, _trust
from luthier.search._axes import Axes
from luthier.search._base import check_given, check_length, check_points
from luthier.search._candidates import ANYWHERE, PRIOR, Candidates, Source
from luthier.search._costs import Costs
from luthier.search._curves import expected_improvement
from luthier.search._forecasts import Choice
from luthier.search._outlook import Outlook, Runs
from luthier.search._priors import Knowledge
from luthier.search._proposals import Complete, Proposals
from luthier.search._sampling import derived
from luthier.search._scouts import Scouts
from luthier.search._trainings import EPSILON, Training, Trainings
from luthier.space import Space

Array = NDArray[np.float64]

# Each of these was varied on simulated trainings (LCBench, development data sets); figures in dev/LOG.md.
DRAWN = 3  #: one in so many new trainings is drawn blindly, from priors and everywhere in turn, if no start is due

#: Gain is compared per this power of the epochs it takes, a dear one counting for more (``Runs.cost``): 1 would
#: prefer what improves soonest, 0 what gets furthest.
PATIENCE = 0.5

#: The user's own setting goes to its end when others had so many times what that takes; 1 was worse (dev/LOG.md).
OWN_AFTER = 2.0

_MANY = 60  #: trainings from which on three in ten candidates do, so that a decision stays short
_LEADERS = 6  #: trainings that candidates are bred from
_MOST_THAWS = 100  #: trainings that are considered for thawing
_WHOLE = 3  #: trainings that the search took to their ends before it may find that no more is worth it
_NEGLIGIBLE = 1e-3  #: improvement, in spreads, not worth an epoch when the space is used up


@dataclass
class _Options:
    """What could be done next, with its worth."""

    thaws: list[Training]
    thaw_worth: Array | None  #: None: not yet asked for
    drawn: Candidates
    point_worth: Array
    new: Runs  #: at the candidates


class FreezeThaw:
    """Thaws, slice by slice, the trainings that rank high; otherwise begins where most improvement is expected.

    ``max_epochs`` is the longest training, ``interval`` the epochs between two evaluations. The user's own setting
    (``baseline``) is begun first. It has to rank high to go on, as all others; when these had OWN_AFTER times what it
    takes in all, it goes to its end in any case. ``complete`` gives a config its defaults; it has to leave the values
    of ranges as they are, since the model sees no training whose config lies outside of the space. ``in_seconds``
    says that seconds are spent: a large model or a small batch must then be worth its time. What an epoch of a config
    takes is learned from the points that are told; ``cost``, the seconds by batch size, is what it begins with. By
    hand::

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
        beliefs: Sequence[Belief] = (),
        in_seconds: bool = False,
        cost: EpochCost | None = None,
    ):
        check_given(direction, max_epochs, interval)
        check_length(space, max_epochs, baseline)
        self._axes = Axes(space)
        self._proposals = Proposals(space, complete, max_epochs, seed=seed, baseline=baseline)
        for belief in beliefs:
            if belief.name == "batch_size" and belief.high is not None:
                self._proposals.bound(int(belief.high) + 1)
        self._trainings = Trainings(direction, seed)
        knowledge = Knowledge(self._axes, {**(baseline or {}), **space.fixed}, beliefs, cost)
        self._interval = interval
        self._end = float(max_epochs)
        self._first = _ranks.first_slice(self._end, interval)
        self._source = Source(self._axes, knowledge, self._trainings, self._first)
        self._rungs = _ranks.rungs(self._first, self._end, interval)
        self._scouts = Scouts(self._rungs)
        costs = Costs(self._axes, cost) if in_seconds else None
        self._outlook = Outlook(self._axes, knowledge, self._trainings, self._end, self._first, costs)
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._course = _forecasts.Course()
        self._seed = seed
        self._told = 0

    def ask(self, n: int = 1) -> list[Decision]:
        """Up to ``n`` slices: of what is the user's own, where they are due, of what ranks high, and new ones."""
        slices = self._own(n)
        ends: list[End] = []
        if len(slices) < n:
            more, ends = self._decide(n - len(slices))
            slices += more
        return [*ends, *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order. Raises UsageError for a point at epoch 0."""
        check_points(result)
        before = max((t.score() for t in self._trainings), default=-math.inf)
        again = self._trainings.has_all(result)
        training = self._trainings.tell(result)
        self._scouts.tell(training, result.slice, best=training.score() > before)
        self._proposals.learn(result)
        self._told += 1
        self._place(training)
        if not again:
            self._outlook.timed(training, result.seconds - sum(p.seconds for p in result.points))
        self._outlook.told()
        competing = [t.shown() for t in self._trainings if "confirms" not in t.note]
        self._course.tell(self._spent, max(competing, default=-math.inf))

    @property
    def finished(self) -> bool:
        """Whether the space is used up and no training is worth another slice."""
        return self._proposals.exhausted and not self._trainings.pending and not self._live()

    def predict(self, what: int | Mapping[str, Value], epoch: float) -> Forecast:
        """The best value up to ``epoch`` of a training, by number, or of a config of the space that was not begun.

        What was seen already is told as it was, and of a training that is over nothing else. Raises UsageError for an
        unknown number, for a training that is over without a value, for a config outside of the space, and before any
        value was told.
        """
        if not epoch > 0:
            raise UsageError(f"epoch is {epoch}; it must be above 0")
        if isinstance(what, (int, np.integer)):
            return _forecasts.of_training(self._outlook, self._trainings, int(what), epoch, self._sign)
        _forecasts.need_values(self._outlook)
        point = self._axes.point(self._proposals.given(what))
        return _forecasts.of_point(self._outlook, point, epoch, self._sign)

    def plateau(self, training: int | None = None, *, tolerance: float) -> float:
        """The fewest epochs after which a training is predicted within ``tolerance`` of the best it will come to.

        ``tolerance`` is in the metric's unit; without a number it is the training with the best value so far. What
        is predicted is this training under its own schedule. Raises UsageError as ``predict`` does, and for a
        ``tolerance`` below 0.
        """
        _forecasts.need_values(self._outlook)
        if not tolerance >= 0:
            raise UsageError(f"tolerance is {tolerance}; it must be 0 or more, in the metric's unit")
        if training is None:
            training = max(
                self._sorted(), key=lambda t: t.shown() if t.number in self._outlook.points else -math.inf
            ).number
        self.predict(training, math.inf)  # raises where it cannot
        end = self._trainings[training].end
        epochs = np.append(np.arange(self._interval, end, self._interval), end)
        return _forecasts.plateau(epochs, [self.predict(training, e).mean for e in epochs], tolerance, self._sign)

    def gain(self, epochs: float) -> Forecast:
        """How much the best value will improve over the next ``epochs`` of all trainings together, and its interval.

        The epochs are spent where they are worth most now; what is learned on the way is left out. How much the best
        value gained lately counts as well (``_forecasts.gain``).
        """
        _forecasts.need_values(self._outlook)
        if not 0 <= epochs < math.inf:
            raise UsageError(f"epochs is {epochs}; it must be a finite number, 0 or more")
        options = self._options()
        thaws = self._outlook.begun(options.thaws)
        runs = thaws.and_(options.new)
        worth = np.concatenate([self._worth(thaws), options.point_worth])
        taken, horizons = _forecasts.spend(self._outlook, runs, worth, epochs)
        lately = self._course.lately(epochs)
        rng = np.random.default_rng(derived(self._seed, self._told))
        return _forecasts.gain(self._outlook, taken, horizons, self._course.best, lately, rng)

    def is_enough(self, epochs: float, least: float) -> bool:
        """Whether the next ``epochs`` of all trainings together are expected to gain less than ``least``.

        Never before the search took three trainings of its own to their ends: until then too little is known of what
        can be gained. Raises UsageError for a ``least`` that is not above 0.
        """
        if not least > 0:
            raise UsageError(f"least is {least}; it must be a gain above 0, in the metric's unit")
        whole = sum(t.over and _trust.own(t) and math.isfinite(t.score()) for t in self._trainings)
        return whole >= _WHOLE and self._outlook.knows and self.gain(epochs).mean < least

    def front(self) -> list[Choice]:
        """Which trainings one could take for how long: none here is beaten in both predicted value and seconds.

        Seconds are those measured in the training so far. A training that is shorter than its config says is one cut
        off: under its own schedule made shorter it may do better.
        """
        _forecasts.need_values(self._outlook)
        placed = [t for t in self._sorted() if t.number in self._outlook.points]
        known = [t for t in self._outlook.look() if not t.over] + [t for t in placed if t.over]
        timed = [t for t in known if t.seconds > 0]
        if not timed:
            raise UsageError("no point that was told took any time; give each Point the seconds of its epochs")
        return _forecasts.front(self._outlook, timed, self._steps, self._sign)

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of the ranges."""
        return self._axes.names

    @property
    def _spent(self) -> float:
        """Epochs of all trainings together."""
        return sum(t.reached for t in self._trainings)

    @property
    def _steps(self) -> Array:
        """Epochs ahead at which trainings are looked at: from the first slice to the longest training."""
        doublings = math.ceil(math.log2(max(1.0, self._end / self._first)))
        return np.array([self._first * 2.0**k for k in range(1 + doublings)])

    def _own(self, n: int) -> list[Slice]:
        """A look at the user's own setting; its end, and those of other trainings of the user's, where they are due."""
        own = [t for t in self._sorted() if t.at_rest and not t.note and t.reached < t.epochs - EPSILON]
        stops = [(t, t.epochs if self._due(t) else t.asked) for t in own]
        wanted = [(t, stop) for t, stop in stops if stop > t.reached + EPSILON]
        slices = [self._trainings.slice(t, stop) for t, stop in wanted[:n]]
        config = self._proposals.baseline() if len(slices) < n else None
        if config is not None:
            slices.append(self._trainings.slice(self._begin(config, {}), _ranks.first_look(self._end, self._interval)))
        return slices

    def _due(self, own: Training) -> bool:
        others = sum(self._taken(t, t.reached) for t in self._trainings if t is not own)
        return self._proposals.exhausted or others >= OWN_AFTER * self._taken(own, own.epochs)

    def _taken(self, training: Training, epochs: float) -> float:
        """What ``epochs`` of a training that has begun take: seconds, where these are spent."""
        if not self._outlook.in_seconds:
            return epochs
        return training.seconds / max(training.reached, EPSILON) * epochs

    def _decide(self, n: int) -> tuple[list[Slice], list[End]]:
        live = self._live()
        own_waits = any(not t.note for t in live)
        alone_from = _ranks.ALONE_FROM * self._end if own_waits else math.inf
        earned = _ranks.promoted(list(self._trainings), live, self._rungs, self._handicap(live), alone_from)
        scouts = self._scouts.ask(self._outlook, list(self._trainings), live, self._end)
        slices = [self._trainings.slice(t, t.epochs) for t in scouts]
        slices += [self._thaw(t) for t in [t for t in earned if t not in scouts][: n - len(slices)]]
        options = self._options() if len(slices) < n else None
        while options is not None and len(slices) < n:
            cut = self._next(options)
            if cut is None:
                break
            slices.append(cut)
        slices = slices or self._own(n)  # due, if it has turned out that the space is used up
        return slices, [] if slices or self._trainings.pending else self._give_up()

    def _handicap(self, live: list[Training]) -> dict[int, float]:
        """How much better than others those must be whose epochs cost more."""
        if not self._outlook.in_seconds:
            return {}
        runs = self._outlook.begun([t for t in live if t.number in self._outlook.points])
        return dict(zip(runs.numbers.tolist(), runs.cost.tolist(), strict=True))

    def _thaw(self, training: Training) -> Slice:
        return self._trainings.slice(training, _ranks.goal(training, self._rungs))

    def _next(self, options: _Options) -> Slice | None:
        """The most valuable new training; once the space is used up, the most valuable of those that were begun."""
        new = None if self._proposals.exhausted else self._new(options)
        if new is not None:
            return self._trainings.slice(new, self._first)
        if options.thaw_worth is None:
            options.thaw_worth = self._worth(self._outlook.begun(options.thaws))
        if options.thaw_worth.max(initial=-math.inf) <= _NEGLIGIBLE:
            return None
        index = int(options.thaw_worth.argmax())
        options.thaw_worth[index] = -math.inf
        return self._thaw(options.thaws[index])

    def _new(self, options: _Options) -> Training | None:
        """Begins the best new config; those like it lose their worth for the slices that run beside it."""
        index = options.drawn.due(sum(_trust.own(t) for t in self._trainings), options.new.cost)
        index = self._blind() if index is None else index
        if index is None:
            index = int(options.point_worth.argmax())
        options.point_worth *= self._outlook.novelty(options.new.features, options.new.features[index])
        config = self._proposals.fresh(self._axes.params(options.drawn.points[index]))
        return None if config is None else self._begin(config, _trust.note(int(options.drawn.origin[index])))

    def _blind(self) -> int | None:
        """Every so often the place of a plain draw among the points: from the priors and from everywhere in turn."""
        number = self._trainings.next_number()
        return (PRIOR, ANYWHERE)[number // DRAWN % 2] if number % DRAWN == DRAWN - 1 else None

    def _begin(self, config: Config, note: Mapping[str, Value]) -> Training:
        training = self._trainings.begin(config, note)
        self._place(training)
        return training

    def _place(self, training: Training) -> None:
        if training.number not in self._outlook.points:
            params = self._proposals.params(training.config)
            if params is not None:
                self._outlook.place(training.number, self._axes.point(params))

    def _sorted(self) -> list[Training]:
        return sorted(self._trainings, key=lambda t: t.number)

    def _live(self) -> list[Training]:
        """Trainings that can be thawed: the search's own, a probe's, and another's when it is best of all."""
        live = [t for t in self._sorted() if t.at_rest and not t.failed and t.reached < t.epochs - EPSILON]
        best = max(self._sorted(), key=Training.score, default=None)
        return [t for t in live if not t.note or _trust.own(t) or "probe" in t.note or t is best]

    def _options(self) -> _Options:
        rng = np.random.default_rng(derived(self._seed, self._told, self._trainings.next_number()))
        shown = self._outlook.look()
        leaders = self._leaders(shown) if shown else np.zeros((0, len(self._axes)))
        drawn = self._source.draw(rng, leaders, 0.3 if len(shown) > _MANY else 1.0)
        drawn = drawn.without(np.array(list(self._outlook.points.values())))
        new = self._outlook.new(drawn.points)
        thaws = [t for t in self._live() if t.number in self._outlook.points] if shown else []
        thaws = sorted(thaws, key=lambda t: -t.score())[:_MOST_THAWS]
        point_worth = (
            self._worth(new) * self._outlook.unlike(new.features) if shown else 1.0 / (1 + np.arange(len(new)))
        )
        return _Options(thaws, None, drawn, point_worth, new)

    def _leaders(self, shown: list[Training]) -> Array:
        """Points of the trainings that will probably be best."""
        runs = self._outlook.begun(shown)
        mean, _ = self._outlook.predict(runs, runs.ends[None])
        best = np.argsort(-mean[0], kind="stable")[:_LEADERS]
        return np.array([self._outlook.points[shown[k].number] for k in best])

    def _worth(self, runs: Runs) -> Array:
        """Expected improvement at the best moment to come, for what the epochs until then cost."""
        if not len(runs):
            return np.zeros(0)
        horizons = np.minimum(runs.reached + self._steps[:, None], runs.ends)
        gain = expected_improvement(*self._outlook.predict(runs, horizons), self._outlook.best)
        spent = np.maximum(horizons - runs.reached, self._interval) * runs.cost + self._outlook.start
        worth: Array = (gain / spent**PATIENCE).max(0, initial=0.0)
        return worth

    def _give_up(self) -> list[End]:
        """Ends what is not worth another slice, once there is nothing new to begin."""
        live = self._live() if self._proposals.exhausted else []
        for training in live:
            training.ended = True
        return [End(t.number, "not expected to become the best") for t in live]
