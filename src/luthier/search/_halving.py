"""Successive halving that thaws: the best third of a rung goes on from where it stopped.

Successive halving: Jamieson & Talwalkar 2016 (arXiv 1502.07943). Hyperband, which runs it with several first rungs: Li
et al. 2018 (arXiv 1603.06560). ASHA, which promotes without waiting for a rung to fill: Li et al. 2020 (arXiv
1810.05934). New configs are drawn from a model of the highest rung with enough results, as in BOHB: Falkner et al. 2018
(arXiv 1807.01774).
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from luthier.records import Config, Decision, Direction, End, Slice, SliceResult
from luthier.search._base import check_given
from luthier.search._proposals import Complete, Proposals
from luthier.search._sampling import Sampling, derived
from luthier.search._trainings import EPSILON, Training, Trainings
from luthier.space import Space

ETA = 3  #: one in so many is promoted; the value of all the papers above

#: Most rungs: the first is then at 1/81 of the longest training, as in the Hyperband paper's examples.
_MOST_RUNGS = 5

#: Results on a rung before it guides the draws, failures apart. Of 6, 10 and 20 the best on synthetic curves of 20
#: epochs: the regret after 10 full trainings' epochs was 0.013, 0.017 and 0.017 (asha, mean of 24 tasks).
_ENOUGH = 6

KINDS = ("hyperband", "successive-halving", "asha")


def ladder(max_epochs: float, interval: float) -> list[float]:
    """The rungs in epochs, each about ETA times the one before; the last is ``max_epochs``."""
    count = min(_MOST_RUNGS, 1 + max(0, round(math.log(max_epochs / interval, ETA))))
    rungs = [max(1, round(max_epochs / ETA**k / interval)) * interval for k in range(count - 1, 0, -1)]
    return [*sorted({r for r in rungs if r < max_epochs - EPSILON}), float(max_epochs)]


@dataclass
class Bracket:
    """Trainings that climb the same rungs. ``size`` None: endless, and nobody waits for a rung to fill."""

    rungs: Sequence[float]
    size: int | None
    closed: bool = False  #: whether nobody will enter any more
    entered: list[list[int]] = field(default_factory=list)  #: by rung: trainings that may climb to it
    results: list[list[tuple[float, int]]] = field(default_factory=list)  #: by rung: (-score, training), best first

    def __post_init__(self) -> None:
        self.entered = [[] for _ in self.rungs]
        self.results = [[] for _ in self.rungs]

    @property
    def open(self) -> bool:
        """Whether there is room for a new training."""
        return not self.closed and (self.size is None or len(self.entered[0]) < self.size)

    def arrive(self, rung: int, score: float, number: int) -> None:
        """A training has reached a rung."""
        insort(self.results[rung], (-score, number))

    def full(self, rung: int) -> bool:
        """Whether everybody who will ever reach this rung has."""
        if self.size is None and not self.closed:
            return False
        settled = self.full(rung - 1) if rung else not self.open
        return settled and len(self.results[rung]) == len(self.entered[rung])

    def promote(self, rung: int) -> list[int]:
        """Lets the best third of a rung climb on, and says who is new among them. Failures never climb."""
        if rung + 1 == len(self.rungs):
            return []
        count = len(self.results[rung]) // ETA
        if self.full(rung):
            count = max(1, count)
        elif self.size is not None:
            return []
        climbing = set(self.entered[rung + 1])
        new = [n for score, n in self.results[rung][:count] if score < math.inf and n not in climbing]
        self.entered[rung + 1] += new
        return new


@dataclass
class Climber:
    """Where a training stands."""

    bracket: Bracket | None  #: None: it competes with nobody
    rung: int = 0  #: the rung it may climb to
    arrived: int = 0  #: rungs of the bracket that it has passed
    shown: int = 0  #: rungs that the models know
    straight: bool = False  #: whether it runs to its end whatever the others do


class Halving:
    """Begins many trainings and thaws the best of them: ``kind`` is one of KINDS.

    ``successive-halving`` starts brackets on the first rung, one after the other; ``hyperband`` starts every next
    bracket one rung higher, in turn, with fewer trainings; ``asha`` is one endless bracket. Scores are compared by the
    best value up to the rung. Two kinds of training climb without a stop: the user's own setting, for an honest
    comparison, and, once some training was seen to its end, the one that is best of all. What failed never goes on;
    what another search began only when it is best of all. ``sampler`` draws new configs: "tpe" or "random". After a
    restart an End may be said again.
    """

    def __init__(
        self,
        space: Space,
        *,
        max_epochs: float,
        direction: Direction,
        complete: Complete,
        seed: int = 0,
        kind: str = "hyperband",
        sampler: str = "tpe",
        interval: float = 1.0,
        baseline: Config | None = None,
    ):
        check_given(direction, max_epochs, interval)
        self._rungs = ladder(max_epochs, interval)
        self._models = [Sampling(space, sampler=sampler, direction=direction, seed=seed) for _ in self._rungs]
        self._guides = [0] * len(self._rungs)  # by rung: results that are not failures
        self._proposals = Proposals(space, complete, max_epochs, seed=seed, baseline=baseline)
        self._trainings = Trainings(direction, seed)
        self._seed = seed
        self._kind = kind
        self._brackets: list[Bracket] = []
        self._climbers: dict[int, Climber] = {}
        self._waiting: set[int] = set()  # trainings that can go on
        self._best: Training | None = None
        self._measured = False  # whether some training was seen to its end
        self._ends: list[End] = []

    def ask(self, n: int = 1) -> list[Decision]:
        """Goes on with the furthest training that can, then begins anew."""
        slices: list[Slice] = []
        while len(slices) < n:
            training = self._furthest() or self._begin() or self._furthest()
            if training is None:
                break
            self._waiting.discard(training.number)
            slices.append(self._trainings.slice(training, self._goal(training)))
        ends, self._ends = self._ends, []
        return [*ends, *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        known = result.slice.training in self._trainings
        training = self._trainings.tell(result)
        self._proposals.learn(result)
        if not known:
            self._enter(training)
        self._show(training)
        self._climb(training)
        self._pursue(training)
        self._wake(training)
        if self._proposals.exhausted:
            self._close()

    @property
    def finished(self) -> bool:
        """Whether the space is used up and every training is over or given up."""
        return self._proposals.exhausted and not (self._waiting or self._trainings.pending)

    def _furthest(self) -> Training | None:
        waiting = (self._trainings[number] for number in self._waiting)
        return max(waiting, key=lambda t: (self._goal(t), t.score(), -t.number), default=None)

    def _goal(self, training: Training) -> float:
        """The epoch that a training may go to."""
        climber = self._climbers[training.number]
        if climber.straight:
            return training.epochs
        return min(training.epochs, climber.bracket.rungs[climber.rung]) if climber.bracket else training.reached

    def _begin(self) -> Training | None:
        """A new training: the user's own setting first, then what the model draws; None when there is nothing new."""
        config = self._proposals.baseline()
        note: dict[str, int] = {}
        if config is None and not self._proposals.exhausted:
            config = self._draw()
            note = {self._kind: next((i for i, b in enumerate(self._brackets) if b.open), len(self._brackets))}
        if config is None:
            self._close()
            return None
        training = self._trainings.begin(config, note)
        self._enter(training)
        return training

    def _draw(self) -> Config | None:
        enough = [rung for rung, guides in enumerate(self._guides) if guides >= _ENOUGH]
        model = self._models[max(enough, default=0)]
        drawn = model.draw(derived(self._seed, self._trainings.next_number()))
        model.discard(drawn.number)
        return self._proposals.fresh(drawn.params)

    def _enter(self, training: Training) -> None:
        """Puts a new training into its bracket, which its note names; one without a note runs to its end."""
        index = training.note.get(self._kind)
        if index is None:
            self._climbers[training.number] = Climber(None, straight=not training.note)
            return
        while len(self._brackets) <= index:
            self._brackets.append(self._bracket(len(self._brackets)))
        self._brackets[index].entered[0].append(training.number)
        self._climbers[training.number] = Climber(self._brackets[index])

    def _bracket(self, index: int) -> Bracket:
        if self._kind == "asha":
            return Bracket(self._rungs, None)
        most = len(self._rungs) - 1
        skipped = index % len(self._rungs) if self._kind == "hyperband" else 0
        climbs = most - skipped
        return Bracket(self._rungs[skipped:], math.ceil((most + 1) / (climbs + 1) * ETA**climbs))

    def _show(self, training: Training) -> None:
        """Shows the models the rungs that a training has passed."""
        climber = self._climbers[training.number]
        params = self._proposals.params(training.config)
        while climber.shown < len(self._rungs) and training.passed(self._rungs[climber.shown]):
            if params is not None:
                self._models[climber.shown].observe(params, training.score(self._rungs[climber.shown]))
                self._guides[climber.shown] += not training.failed
            climber.shown += 1

    def _climb(self, training: Training) -> None:
        """Notes the arrival on a rung, and what follows from it."""
        climber = self._climbers[training.number]
        bracket, rung = climber.bracket, climber.rung
        if bracket and climber.arrived < rung + 1 and training.passed(bracket.rungs[rung]):
            climber.arrived = rung + 1
            bracket.arrive(rung, training.score(bracket.rungs[rung]), training.number)
            self._settle(bracket, rung)

    def _settle(self, bracket: Bracket, rung: int) -> None:
        """Sends on whoever may climb, and gives up the others where a rung is full."""
        for number in bracket.promote(rung):
            self._climbers[number].rung = rung + 1
            self._climb(self._trainings[number])
            self._wake(self._trainings[number])
        if rung + 1 < len(bracket.rungs) and bracket.full(rung):
            for _, number in bracket.results[rung]:
                if self._climbers[number].rung == rung:
                    self._give_up(self._trainings[number], bracket.rungs[rung])
            self._settle(bracket, rung + 1)

    def _give_up(self, training: Training, epoch: float) -> None:
        if training.at_rest and not self._climbers[training.number].straight:
            training.ended = True
            self._waiting.discard(training.number)
            self._ends.append(End(training.number, f"not among the best third at epoch {epoch:g}"))

    def _pursue(self, training: Training) -> None:
        """Sends the best training of all straight to its end."""
        self._measured = self._measured or (training.over and not training.failed)
        if self._best is None or self._best.failed:
            self._best = max(self._trainings, key=Training.score)
        elif training.score() > self._best.score():
            self._best = training
        if self._measured and not self._best.ended:
            self._climbers[self._best.number].straight = True
            self._wake(self._best)

    def _wake(self, training: Training) -> None:
        if training.at_rest and self._goal(training) > training.reached + EPSILON:
            self._waiting.add(training.number)
        else:
            self._waiting.discard(training.number)

    def _close(self) -> None:
        """There are no more new trainings: nobody waits for a rung to fill."""
        for bracket in self._brackets:
            if not bracket.closed:
                bracket.closed = True
                self._settle(bracket, 0)
