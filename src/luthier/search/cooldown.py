"""Cooldowns from a trunk: one training at a constant learning rate serves every number of epochs.

With the schedule "cooldown" (constant, then down to zero over the last fraction; Hägele et al. 2024, arXiv 2405.18392)
trainings of different lengths are the same until the cooldown begins. So a training of the search within is a *trunk*
at constant lr, and its value after n epochs is that of a branch that cools down from it to epoch n: bit for bit a
training of n epochs. The number of epochs becomes a choice made at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from luthier.errors import UsageError
from luthier.records import (
    Config,
    Decision,
    Direction,
    End,
    Forecast,
    Outcome,
    Point,
    Slice,
    SliceResult,
    Status,
    Value,
)
from luthier.search._base import Search
from luthier.search._forecasts import Choice
from luthier.search._proposals import Complete
from luthier.search._trainings import EPSILON
from luthier.search.freeze_thaw import FreezeThaw
from luthier.space import Space

_NAME = "cooldown"


def applies(space: Space, baseline: Config | None) -> bool:
    """Whether trunks serve all trainings: schedule "cooldown", constant batch size, no early stopping, none varied."""
    setting = {**(baseline or {}), **space.fixed}
    return (
        not {"schedule", "batch_schedule", "patience"} & {*space}
        and setting.get("schedule") == "cooldown"
        and setting.get("batch_schedule", "constant") == "constant"
        and setting.get("patience") is None
    )


def with_cooldowns(
    make: Callable[..., Search],
    space: Space,
    *,
    max_epochs: float,
    direction: Direction,
    complete: Complete,
    seed: int = 0,
    interval: float = 1.0,
    baseline: Config | None = None,
) -> Cooldown:
    """The search that ``make`` makes from these arguments, within a Cooldown. Its trainings are all of the longest.

    Where the space has a range of epochs, this is the longest of it: the user's own setting may be longer.
    """
    epochs = space.max_epochs(int(max_epochs))
    ranges = {name: distribution for name, distribution in space.items() if name != "epochs"}
    inner = make(
        Space({**ranges, **space.fixed, "epochs": epochs}, sources=space.sources),
        max_epochs=epochs,
        direction=direction,
        complete=lambda values: complete({**values, "epochs": epochs}),
        seed=seed,
        interval=max(1.0, interval),
        baseline=None if baseline is None else baseline.replace(epochs=epochs),
    )
    range_ = space.get("epochs")
    least = min(getattr(range_, "choices", None) or (getattr(range_, "low", 1),))
    given: Mapping[str, Any] = {"least": int(least), "seed": seed, "interval": interval, "baseline": baseline}
    if isinstance(inner, FreezeThaw):
        return ForeseenCooldown(inner, max_epochs=epochs, **given)
    return Cooldown(inner, max_epochs=epochs, **given)


@dataclass
class _Trunk:
    number: int
    reached: float = 0.0


@dataclass
class _Job:
    """A slice of the search within: first the trunk, then a branch that cools down."""

    cut: Slice
    out: bool = False  #: whether a part of it is under way
    found: bool = False  #: whether it was told, not asked: the search within knows nothing of it yet
    cooling: Slice | None = None  #: the branch, from where it is to go on
    seconds: float = 0.0


class Cooldown:
    """Any search of slices within, whose trainings are trunks.

    ``inner`` asks for slices of whole epochs of trainings of ``max_epochs``; it sees one point for each slice: the
    value after the cooldown, with the seconds of trunk and cooldown. ``interval`` is the epochs between two evaluations
    of a training. Cooldowns to less than ``least`` epochs are only looked at: their trainings do not compete. The
    user's own setting (``baseline``) runs first, as it is.
    """

    def __init__(
        self,
        inner: Search,
        *,
        max_epochs: float,
        least: int = 1,
        seed: int = 0,
        interval: float = 1.0,
        baseline: Config | None = None,
    ):
        self._inner = inner
        self._epochs, self._least = int(max_epochs), least
        self._seed, self._interval = seed, interval
        self._baseline = baseline
        self._trunks: dict[int, _Trunk] = {}  # by number within
        self._jobs: dict[int, _Job] = {}  # by number within
        self._own: dict[int, Slice] = {}  # what the user began, from where it is to go on
        self._out: set[int] = set()  # of those, under way
        self._numbers: set[int] = set()  # asked or told
        self._free = 0  # no number below is free
        self._ends: list[End] = []
        self._within: dict[int, int] = {}  # numbers within, by number
        self._cooled: dict[tuple[int, int], int] = {}  # numbers of what came to its end, by number within and epochs

    def ask(self, n: int = 1) -> list[Decision]:
        """What the user began, what is half done, then what the search within asks for."""
        slices = self._straight(n)
        if self._baseline is not None:
            return [*slices]  # the search within is told of it first
        for job in self._jobs.values():
            if len(slices) < n and not job.out:
                slices.append(self._part(job))
        # A job that the search within does not know of is told to it before it is asked for more.
        if len(slices) < n and not any(job.found for job in self._jobs.values()):
            for decision in self._inner.ask(n - len(slices)):
                if isinstance(decision, Slice):
                    self._jobs[decision.training] = _Job(decision)
                    slices.append(self._part(self._jobs[decision.training]))
                else:
                    self._end(decision.training, decision.reason)
        ends, self._ends = self._ends, []
        return [*ends, *slices]

    def tell(self, result: SliceResult) -> None:
        """Takes the result of a slice, in any order."""
        self._numbers.add(result.slice.training)
        if _NAME in result.slice.note:
            self._take(result)
        elif not result.slice.note:
            self._take_own(result)

    @property
    def finished(self) -> bool:
        """Whether the search within is, and nothing is half done."""
        return self._baseline is None and not (self._own or self._jobs or self._ends) and self._inner.finished

    def _straight(self, n: int) -> list[Slice]:
        """The user's own setting and trainings, to their ends."""
        if self._baseline is not None and not self._own:
            epochs = float(self._baseline.epochs)
            cut = Slice(self._next_number(), self._baseline, 0.0, epochs, self._seed)
            self._own[cut.training] = cut
        found = [cut for number, cut in sorted(self._own.items()) if number not in self._out][:n]
        self._out.update(cut.training for cut in found)
        return found

    def _take_own(self, result: SliceResult) -> None:
        """A training of the user: the search within hears of its end."""
        cut, epochs = result.slice, float(result.slice.config.epochs)
        self._out.discard(cut.training)
        if not result.over:
            reached = max([cut.start, *(p.epoch for p in result.points)])
            self._own[cut.training] = replace(cut, start=reached, stop=epochs)
            return
        self._own.pop(cut.training, None)
        if cut.config == self._baseline:
            self._baseline = None
        # Numbers below 0 are nobody's. It is over: what would go on is another training, at constant lr.
        self._within[cut.training] = -1 - cut.training
        self._cooled[-1 - cut.training, round(epochs)] = cut.training
        within = Slice(-1 - cut.training, cut.config.replace(epochs=self._epochs), 0.0, epochs, cut.seed)
        seconds = sum(point.seconds for point in result.points)
        points = tuple(replace(point, seconds=seconds) for point in result.points[-1:])
        status = result.outcome.status if result.outcome.status.final else Status.STOPPED
        self._inner.tell(SliceResult(within, points, Outcome(status, result.outcome.message), result.seconds))

    def _part(self, job: _Job) -> Slice:
        """What is to be run next of a job."""
        job.out = True
        if job.cooling is not None:
            return job.cooling
        cut, leaves = job.cut, self._leaves(job.cut)
        trunk = self._trunks.get(cut.training)
        reached = trunk.reached if trunk else 0.0
        if reached < leaves - EPSILON:
            if trunk is None:
                trunk = self._trunks[cut.training] = _Trunk(self._next_number())
            note = {**self._note(cut), "apart": True}
            return Slice(trunk.number, self._trunk_config(cut.config), reached, leaves, cut.seed, note)
        origin = None
        if trunk is not None and leaves > 0:
            origin = Slice(trunk.number, self._trunk_config(cut.config), 0.0, leaves, cut.seed)
        note = {**self._note(cut), **({"apart": True} if cut.stop < self._least - EPSILON else {})}
        config = self._cooled_config(cut.config, round(cut.stop))
        job.cooling = Slice(self._next_number(), config, leaves, float(round(cut.stop)), cut.seed, note, origin)
        return job.cooling

    def _leaves(self, cut: Slice) -> float:
        """Where the cooldown leaves the trunk: the last evaluation before its lr falls."""
        last = math.floor(cut.stop * (1 - cut.config.cooldown) / self._interval + EPSILON) * self._interval
        return max(0.0, float(min(last, cut.stop - self._interval)))

    def _trunk_config(self, config: Config) -> Config:
        return config.replace(schedule="constant")

    def _cooled_config(self, config: Config, epochs: int) -> Config:
        """A training of ``epochs``, whose warmup takes as long as that of the trunk."""
        return config.replace(epochs=epochs, warmup=min(1.0, config.warmup * self._epochs / epochs))

    def _note(self, cut: Slice) -> Mapping[str, Any]:
        return {_NAME: [cut.training, cut.start, cut.stop, cut.config.warmup], "inner": dict(cut.note)}

    def _take(self, result: SliceResult) -> None:
        """A part of a job."""
        cut = result.slice
        number, start, stop, warmup = cut.note[_NAME]
        self._within[cut.training] = number
        if number not in self._jobs:
            config = cut.config.replace(schedule="cooldown", epochs=self._epochs, warmup=warmup)
            within = Slice(number, config, start, stop, cut.seed, cut.note["inner"])
            self._jobs[number] = _Job(within, found=True)
        job = self._jobs[number]
        job.out, job.seconds = False, job.seconds + sum(p.seconds for p in result.points)
        reached = max([cut.start, *(p.epoch for p in result.points)])
        if cut.config.schedule == "constant":
            self._trunks.setdefault(number, _Trunk(cut.training)).reached = reached
            if result.outcome.status.final:
                self._finish(job, (), result.outcome)
        elif result.over:
            self._cooled[number, round(stop)] = cut.training
            cooled = tuple(replace(point, epoch=stop, seconds=job.seconds) for point in result.points[-1:])
            self._finish(job, cooled, result.outcome)
        else:
            job.cooling = replace(cut, start=reached)

    def _finish(self, job: _Job, points: tuple[Point, ...], outcome: Outcome) -> None:
        number = job.cut.training
        del self._jobs[number]
        result = SliceResult(job.cut, points, outcome, job.seconds)
        self._inner.tell(result)
        if result.over:
            self._end(number, "every number of epochs was looked at" if not outcome.status.final else outcome.message)

    def _end(self, number: int, reason: str) -> None:
        """Ends a trunk."""
        if number in self._trunks:
            self._ends.append(End(self._trunks[number].number, reason))

    def _next_number(self) -> int:
        """The smallest number that was neither asked nor told."""
        while self._free in self._numbers:
            self._free += 1
        self._numbers.add(self._free)
        return self._free


class ForeseenCooldown(Cooldown):
    """A Cooldown around freeze-thaw, with its forecasts: of values after a cooldown."""

    _inner: FreezeThaw

    def gain(self, epochs: float) -> Forecast:
        """As ``FreezeThaw.gain``; epochs are those of trunks."""
        return self._inner.gain(epochs)

    def is_enough(self, epochs: float, least: float) -> bool:
        """As ``FreezeThaw.is_enough``; epochs are those of trunks."""
        return self._inner.is_enough(epochs, least)

    def predict(self, what: int | Mapping[str, Value], epoch: float) -> Forecast:
        """What a cooldown to ``epoch`` gives, at best up to there, from a training's trunk or a config's."""
        if isinstance(what, (int, np.integer)):
            return self._inner.predict(self._number_within(int(what)), epoch)
        # All trunks are alike in these, whatever a training has that leaves one.
        alike = {"epochs", "schedule", "warmup"} - {*self._inner.varied}
        return self._inner.predict({name: value for name, value in what.items() if name not in alike}, epoch)

    def plateau(self, training: int | None = None, *, tolerance: float) -> float:
        """The number of epochs that a config deserves: cooldowns to later ones bring ``tolerance`` at most."""
        number = None if training is None else self._number_within(training)
        return self._inner.plateau(number, tolerance=tolerance)

    def front(self) -> list[Choice]:
        """As ``FreezeThaw.front``, each choice a training with a cooldown to its epoch, of those the space allows.

        ``training`` is the one that ended there; where none did, the trunk that it would leave.
        """
        chosen = [c for c in self._inner.front() if c.epochs >= self._least - EPSILON]
        return [
            replace(c, training=self._ran(c), config=self._cooled_config(c.config, round(c.epochs))) for c in chosen
        ]

    def _ran(self, choice: Choice) -> int:
        ended = self._cooled.get((choice.training, round(choice.epochs)))
        if ended is not None:
            return ended
        trunk = self._trunks.get(choice.training)
        return trunk.number if trunk else next(n for n, within in self._within.items() if within == choice.training)

    def _number_within(self, training: int) -> int:
        if training not in self._within:
            raise UsageError(f"training {training} is not known; give one that was told, or a config")
        return self._within[training]
