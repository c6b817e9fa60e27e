"""Trainings of the experiment into the study: what is there is not run again, what was cut short goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from luthier.events import BudgetState, Event, Listener, PointAdded, SliceFinished, SliceStarted, TrainingEnded
from luthier.executors import Inline
from luthier.records import End, Point, Slice, SliceResult, Status
from luthier.report.claims import NOTE
from luthier.study import Study
from luthier.tuning.budget import Budget
from luthier.tuning.claims.design import Step, key_of
from luthier.tuning.failures import Failures

_EPSILON = 1e-9


class Recorder:
    """A study of claims under way."""

    def __init__(
        self, study: Study, folder: Path, asked: Budget, per_epoch: int, emit: Listener, stop: Callable[[], bool]
    ) -> None:
        self._study, self._asked, self._per_epoch, self._emit, self._stop = study, asked, per_epoch, emit, stop
        self._start = time.perf_counter() - study.spent_seconds
        self._numbers: dict[Any, int] = {}  # training by key
        self._cuts: dict[int, Slice] = {}  # the last slice of each training
        self._points: dict[int, tuple[Point, ...]] = {}
        self._statuses: dict[int, Status] = {}
        self._failures = Failures(folder)
        self._points_out = 0  # of the slice under way
        self.stopped = False  #: by the user
        for result in study.results():
            self._note(result.slice)
            self._keep(result)
        for cut in study.pending():
            self._note(cut)

    def take(self, executor: Inline, step: Step, about: Mapping[str, Any], again: int | None) -> tuple[Point, ...]:
        """Takes the step's training to its stop, where it is not there yet; its points, as far as it came."""
        number = self.number(step)
        if self.done(step) or self.interrupted():
            return self._points.get(number, ())
        points = self._points.get(number, ())
        reached = points[-1].epoch if points else step.origin.stop if step.origin else 0.0
        note: dict[str, Any] = {NOTE: dict(about)} | ({} if again is None else {"confirms": again})
        cut = Slice(number, step.config, reached, step.stop, step.seed, note, step.origin)
        if self._beyond_budget(number):
            return ()
        self._note(cut)
        self._study.begin(cut)
        self.emit(SliceStarted(cut, self.budget))
        executor.submit(cut)
        result = executor.wait()
        self._points_out = 0
        self._study.add_result(result, self.seconds)
        self._keep(result)
        if result.over:
            self._study.end(number, result.outcome.status, result.outcome.message)
        self.emit(SliceFinished(result, self.budget))
        self._failures.take(result, found=False)
        return self._points[number]

    def number(self, step: Step) -> int:
        """The number of the step's training; a new one when it was not begun."""
        return self._numbers.get(step.key, len(self._numbers))

    def done(self, step: Step) -> bool:
        """Whether the step's training came to its stop, or can come no further."""
        number = self._numbers.get(step.key)
        if number is None or number not in self._statuses:
            return False
        points = self._points[number]
        return self._statuses[number].final or bool(points and points[-1].epoch >= step.stop - _EPSILON)

    def diverged(self, step: Step) -> bool:
        """Whether the step's training ended badly."""
        return self._statuses.get(self.number(step), Status.DONE).final

    def live(self, replicate: int) -> list[int]:
        """The trainings of a replicate that could go on."""
        ended = self._study.ended()
        mine = [n for n, cut in self._cuts.items() if cut.note[NOTE]["replicate"] == replicate]
        return [n for n in mine if n not in ended]

    def end(self, number: int, executor: Inline) -> None:
        """A training has done its part."""
        self._study.end(number, message="it has done its part in the experiment")
        executor.drop(number)
        self.emit(TrainingEnded(End(number)))

    @property
    def length(self) -> int | None:
        """Epochs of the grid's trainings, when that was decided."""
        known = [
            cut.note[NOTE]["epochs"] for cut in self._cuts.values() if cut.note[NOTE]["role"] not in ("own", "pace")
        ]
        return int(known[0]) if known else None

    def on_point(self, cut: Slice, point: Point) -> None:
        """A training was evaluated."""
        self._points_out += 1
        first = cut.origin.stop if cut.origin else 0.0
        self._study.add_point(cut.training, round((point.epoch - first) * self._per_epoch), point)
        self.emit(PointAdded(cut.training, cut.config, point, self.budget))

    def interrupted(self) -> bool:
        """Whether to stop before the next evaluation interval."""
        self.stopped = self.stopped or self._stop()
        if self._asked.unit == "trainings":
            return self.stopped
        state = self.budget
        return self.stopped or state.spent >= state.total - _EPSILON

    def emit(self, event: Event) -> None:
        """Tells whoever watches."""
        self._emit(event)

    @property
    def seconds(self) -> float:
        """Wall-clock of the study."""
        return time.perf_counter() - self._start

    @property
    def trainings(self) -> int:
        """Trainings begun."""
        return len(self._numbers)

    @property
    def epochs(self) -> float:
        """Epochs of all trainings."""
        return sum(map(len, self._points.values())) / self._per_epoch

    @property
    def seconds_per_epoch(self) -> float | None:
        """Seconds of an epoch, evaluation included, on average; None before the first point."""
        points = [p for points in self._points.values() for p in points]
        return sum(p.seconds for p in points) * self._per_epoch / len(points) if points else None

    @property
    def budget(self) -> BudgetState:
        """How much is spent. A failed training costs the interval in which it failed."""
        bad = sum(status.final for status in self._statuses.values())
        epochs = self.epochs + (self._points_out + bad) / self._per_epoch
        spent = {"seconds": self.seconds, "epochs": epochs, "trainings": float(self.trainings)}
        return BudgetState(self._asked.unit, self._asked.total, spent[self._asked.unit], self.seconds)

    def _note(self, cut: Slice) -> None:
        key = key_of(cut)
        if key is not None:
            self._numbers[key] = cut.training
            self._cuts[cut.training] = cut

    def _keep(self, result: SliceResult) -> None:
        number = result.slice.training
        self._points[number] = self._points.get(number, ()) + result.points
        self._statuses[number] = result.outcome.status

    def _beyond_budget(self, number: int) -> bool:
        new = number not in self._cuts
        return self._asked.unit == "trainings" and new and self.trainings >= self._asked.total
