"""Population-based training (Jaderberg et al. 2017, arXiv 1711.09846).

A population is trained step by step. After each step a training in the worst quarter is given up, and its place is
taken by a branch from one in the best quarter (*exploit*: its weights and its config), whose hyperparameters are
changed a little (*explore*). So hyperparameters follow a schedule that nobody wrote down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config, Decision, Direction, End, Slice, SliceResult
from luthier.search._axes import Axes
from luthier.search._base import check_given
from luthier.search._proposals import Complete, Proposals
from luthier.search._sampling import Sampling, derived
from luthier.search._trainings import EPSILON, Training, Trainings
from luthier.space import Space

#: The paper's populations are of 10 to 80; with less than 20 its results suffer (section 4.1.1), but a budget here is
#: seldom more than 20 full trainings.
POPULATION = 10
STEPS = 10  #: of the longest training
QUANTILE = 4  #: one in so many is the best or the worst; 5 in the paper, 4 in Ray Tune
FACTORS = (0.8, 1.2)  #: section 4.1.1, "perturb"
RESAMPLED = 0.25  #: probability that a value is drawn anew instead: Ray Tune's default

#: What a training cannot change on its way, or its values could not be compared. Of the names that Luthier does not
#: know only this one is changed: another might shape the model.
_KEPT = {"epochs", "optimizer", "loss"}
_CHANGED = {"dropout"}

_NAME = "pbt"
_DRAWS = 10  #: before exploring is given up


@dataclass(eq=False)
class Shown:
    """A training, and what it has shown: epoch and score at the end of each slice, those of its origin included."""

    training: Training
    scores: list[tuple[float, float]]

    def last(self, epoch: float) -> tuple[float, float]:
        """The last epoch up to ``epoch``, and the score at it; NaN when there is none."""
        return next(((at, score) for at, score in reversed(self.scores) if at <= epoch + EPSILON), (0.0, math.nan))


class Member(list[Shown]):
    """A place in a population: the trainings that had it, one after the other."""

    @property
    def training(self) -> Training:
        """The one that has it."""
        return self[-1].training

    @property
    def stands(self) -> float:
        """The epoch after which it is judged; a failure stands where it should have come to."""
        return self.training.asked if self.training.failed else self.training.reached

    def score(self, epoch: float) -> float:
        """The score at an epoch, of whoever had the place then, else the last one before it; NaN when there is none."""
        lasts = [shown.last(epoch) for shown in self]
        return next((score for at, score in lasts if at >= epoch - EPSILON), lasts[-1][1])


class PBT:
    """A population of POPULATION trainings, and another one when that has come to its end or all of it is out.

    The user's own setting (``baseline``) runs first, from start to end, and takes no part. What a training cannot
    change on its way (epochs, optimizer, loss, what shapes the model) stays as it was drawn.
    """

    def __init__(
        self,
        space: Space,
        *,
        max_epochs: float,
        direction: Direction = "maximize",
        complete: Complete,
        seed: int = 0,
        interval: float = 1.0,
        baseline: Config | None = None,
    ):
        check_given(direction, max_epochs, interval)
        self._axes = Axes(space)
        self._sampling = Sampling(space, seed=seed)
        self._proposals = Proposals(space, complete, max_epochs, seed=seed, baseline=baseline)
        self._trainings = Trainings(direction, seed)
        self._sign = 1.0 if direction == "maximize" else -1.0
        self._seed = seed
        self._step = interval * max(1, round(max_epochs / STEPS / interval))
        self._populations: list[dict[int, Member]] = []
        self._shown: dict[int, Shown] = {}  # of all members, by training
        self._ends: list[End] = []

    def ask(self, n: int = 1) -> list[Decision]:
        """What the user began, then whoever is least far; of those first the ones that branch, while others wait."""
        slices: list[Slice] = []
        while len(slices) < n:
            training = self._straight() or self._next() or self._begin()
            if training is None:
                break
            own = training.note.get(_NAME) is not None
            stop = (math.floor(training.reached / self._step + EPSILON) + 1) * self._step if own else training.epochs
            slices.append(self._trainings.slice(training, stop))
        ends, self._ends = self._ends, []
        return [*ends, *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        training = self._trainings.tell(result)
        self._proposals.learn(result)
        place = training.note.get(_NAME)
        if place is None:
            return
        self._enter(training, *place)
        if training.failed:
            self._shown[training.number].scores.append((training.asked, -math.inf))
        elif result.points:
            score = self._sign * result.points[-1].metric
            score = score if math.isfinite(score) else -math.inf
            self._shown[training.number].scores.append((training.reached, score))

    @property
    def finished(self) -> bool:
        """Whether the space is used up and every training is over."""
        if not self._proposals.exhausted or self._trainings.pending or self._unfinished():
            return False
        return not any(self._can_go_on(m, p) for p in self._populations for m in p.values())

    def _unfinished(self) -> list[Training]:
        """The user's own trainings that have not come to their end."""
        return [t for t in self._trainings if t.at_rest and not t.note and t.reached < t.epochs - EPSILON]

    def _straight(self) -> Training | None:
        """The next training that takes no part: one that the user began, or the user's own setting."""
        own = min(self._unfinished(), key=lambda t: t.number, default=None)
        config = self._proposals.baseline() if own is None else None
        return own if config is None else self._trainings.begin(config, {})

    def _next(self) -> Training | None:
        """The training to go on with in the populations that are there."""
        for index, population in enumerate(self._populations):
            if len(population) < POPULATION and (training := self._fresh(index)):
                return training
            able = [(m, self._weak(m, population)) for m in population.values() if self._can_go_on(m, population)]
            able.sort(key=lambda pair: (pair[0].stands, not pair[1], pair[0].training.number))
            for member, weak in able:
                if weak and (training := self._replaced(member, population)):
                    return training
                if member.training.at_rest:
                    return member.training
        return None

    def _begin(self) -> Training | None:
        """The first training of a new population."""
        return self._fresh(len(self._populations))

    def _fresh(self, index: int) -> Training | None:
        """A new training in population ``index``; None when there is no config left."""
        if self._proposals.exhausted:
            return None
        drawn = self._sampling.draw(derived(self._seed, self._trainings.next_number()))
        self._sampling.discard(drawn.number)
        config = self._proposals.fresh(drawn.params)
        if config is None:
            return None
        taken = self._populations[index] if index < len(self._populations) else {}
        place = next(k for k in range(POPULATION + 1) if k not in taken)
        training = self._trainings.begin(config, {_NAME: [index, place]})
        self._enter(training, index, place)
        return training

    def _enter(self, training: Training, index: int, place: int) -> None:
        """Puts a training into its place, if it is not there."""
        if training.number in self._shown:
            return
        while len(self._populations) <= index:
            self._populations.append({})
        member = self._populations[index].setdefault(place, Member())
        if member:
            member.training.ended = True
        origin = training.origin
        before = self._shown[origin.training].scores if origin and origin.training in self._shown else []
        inherited = [(epoch, score) for epoch, score in before if origin and epoch <= origin.stop + EPSILON]
        self._shown[training.number] = Shown(training, inherited)
        member.append(self._shown[training.number])
        member.sort(key=lambda shown: shown.training.number)

    def _can_go_on(self, member: Member, population: dict[int, Member]) -> bool:
        """Whether there is something to do for a member, now."""
        training = member.training
        if training.failed:
            return not (training.pending or training.ended) and bool(self._sources(member, population))
        return training.at_rest and training.reached < training.epochs - EPSILON

    def _ranked(self, member: Member, population: dict[int, Member]) -> list[Member]:
        """Who can be compared with a member where it stands, the best first."""
        seen = [m for m in population.values() if not math.isnan(m.score(member.stands))]
        return sorted(seen, key=lambda m: (-m.score(member.stands), m.training.number))

    def _weak(self, member: Member, population: dict[int, Member]) -> bool:
        """Whether a member has failed, or ended a step among the worst quarter."""
        if member.training.failed:
            return True
        if member.training.reached < member.training.asked - EPSILON:
            return False  # it was cut short
        ranked = self._ranked(member, population)
        return len(ranked) > 1 and member in ranked[-max(1, len(ranked) // QUANTILE) :]

    def _sources(self, member: Member, population: dict[int, Member]) -> list[Member]:
        """The best quarter: those that are better, as far as the member, and have epochs left."""
        ranked = self._ranked(member, population)
        best = ranked[: max(1, len(ranked) // QUANTILE)] if not member.training.failed else ranked
        found = [m for m in best if m.score(member.stands) > member.score(member.stands) and self._left(m, member)]
        return found[: max(1, len(ranked) // QUANTILE)]

    def _left(self, source: Member, member: Member) -> bool:
        (epoch, _), origin = source[-1].last(math.inf), source.training.origin
        went_on = origin is None or epoch > origin.stop + EPSILON
        return went_on and member.stands - EPSILON <= epoch < source.training.epochs - EPSILON

    def _replaced(self, member: Member, population: dict[int, Member]) -> Training | None:
        """A branch from one of the best in place of a member; None when there is nothing to branch from, or to."""
        rng = np.random.default_rng(derived(self._seed, self._trainings.next_number()))
        sources = self._sources(member, population)
        if not sources:
            return None
        source = sources[rng.integers(len(sources))]
        config = self._explored(source.training.config, rng)
        old, best = member.training, source.training
        if config is None:
            old.ended = old.ended or old.failed
            return None
        origin = Slice(best.number, best.config, 0.0, source[-1].last(math.inf)[0], best.seed, origin=best.origin)
        training = self._trainings.begin(config, old.note, origin)
        if not old.over:
            self._ends.append(End(old.number, f"training {training.number} takes its place, from {best.number}"))
        self._enter(training, *old.note[_NAME])
        return training

    def _explored(self, config: Config, rng: np.random.Generator) -> Config | None:
        """A config near this one; None when none other is found."""
        params = self._proposals.params(config)
        for _ in range(_DRAWS if params is not None else 0):
            found = self._proposals.config({**(params or {}), **dict(self._changes(params or {}, rng))})
            if found != config:
                return found
        return None

    def _changes(self, params: dict[str, Any], rng: np.random.Generator) -> Iterator[tuple[str, object]]:
        drawn = self._axes.params(self._axes.uniform(rng, 1)[0])
        for name, axis in self._axes.axes.items():
            again, up = rng.random() < RESAMPLED, int(rng.integers(2))
            if name in _KEPT or not (name in HYPERPARAMETERS or name in _CHANGED):
                continue
            if again:
                yield name, drawn[name]
            elif axis.choices is not None:  # its neighbour, as in Ray Tune
                index = axis.choices.index(params[name]) + 2 * up - 1
                yield name, axis.choices[min(max(index, 0), len(axis.choices) - 1)]
            else:
                low, high = axis.bounds
                value = min(max(float(params[name]) * FACTORS[up], low), high)
                yield name, axis.value(axis.unit(value))
