"""Who leads a study: the best training so far, how often it was run again, and where its weights are."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from luthier.events import BudgetState
from luthier.executors import Executor
from luthier.records import Curve, Direction, Point, Slice, SliceResult, Status
from luthier.task import Task
from luthier.training import straight
from luthier.tuning.budget import Budget, Unit
from luthier.tuning.result import Best, Result, luck_sentence
from luthier.tuning.winner import Winner, load_winner, save_winner, winner_folder

FAILURES = (Status.DIVERGED, Status.OUT_OF_MEMORY, Status.FAILED)


def competes(cut: Slice) -> bool:
    """Whether a training may win.

    Not a second look at a config, whose luck would count as skill, and not what only serves other trainings, as the
    trunk of cooldowns does (``apart`` in its note).
    """
    return "confirms" not in cut.note and "apart" not in cut.note


class Leader:
    """All trainings of a study as told by their results, and the best of them."""

    def __init__(self, direction: Direction) -> None:
        self.curves: dict[int, Curve] = {}
        self._direction = direction
        self._slices: dict[int, Slice] = {}  # the last of each training
        self._failed: dict[int, Status] = {}
        self._failure = ""  # what the last of them said
        self._over: set[int] = set()
        self._best: int | None = None
        self._epochs: float | None = None  # summed up again after a slice, not at each look

    def begin(self, cut: Slice) -> None:
        """Takes a slice that is under way."""
        self.curves.setdefault(cut.training, Curve())
        self._slices[cut.training] = cut
        self._epochs = None

    def add(self, result: SliceResult) -> bool:
        """Takes a result; whether its training leads with a point that is new."""
        number, leading = result.slice.training, self.point
        self.curves[number] = self.curves.get(number, Curve()) + result.points
        self.begin(result.slice)
        if result.outcome.status in FAILURES:
            self._failed[number] = result.outcome.status
            self._failure = result.outcome.message
        if result.over:
            self._over.add(number)
        if not competes(result.slice):
            return False
        new = Curve(result.points).best(self._direction)
        if new is None or (leading is not None and not new.better(leading, self._direction)):
            return False
        self._best = number
        return True

    def score(self, training: int) -> float:
        """The best metric of a training, with the sign that makes larger better; minus infinity without one."""
        point = self.curves.get(training, Curve()).best(self._direction)
        if point is None:
            return -math.inf
        return point.metric if self._direction == "maximize" else -point.metric

    @property
    def point(self) -> Point | None:
        """The best point of all."""
        return None if self._best is None else self.curves[self._best].best(self._direction)

    @property
    def epochs(self) -> float:
        """Epochs of all trainings together; those that a training shares with the one it branched from count once."""
        if self._epochs is None:
            self._epochs = sum(c.epoch - self._shared(number) for number, c in self.curves.items() if len(c))
        return self._epochs

    def _shared(self, number: int) -> float:
        """Epochs of a training that another training of the study has gone."""
        origin = self._slices[number].origin
        other = None if origin is None else self._slices.get(origin.training)
        if origin is None or other is None or (other.config, other.seed) != (origin.config, origin.seed):
            return 0.0
        return origin.stop

    @property
    def failed(self) -> int:
        """Trainings that diverged, ran out of memory or raised."""
        return len(self._failed)

    @property
    def winner(self) -> Slice | None:
        """The last slice of the leading training."""
        return None if self._best is None else self._slices[self._best]

    @property
    def confirming(self) -> list[int]:
        """The trainings that run the leader's config again, whether they are over or not."""
        return [n for n, cut in self._slices.items() if cut.note.get("confirms", -1) == self._best]

    def confirmations(self) -> tuple[Point, ...]:
        """Best points of those of them that are over."""
        found = (self.curves[n].best(self._direction) for n in self.confirming if n in self._over)
        return tuple(p for p in found if p is not None)

    def cost(self, unit: Unit, training: int | None = None) -> float:
        """Seconds or epochs that a training's config, or the leader's, takes from start to end; 0 s before a point."""
        number = self._best if training is None else training
        assert number is not None
        curve, cut = self.curves[number], self._slices[number]
        epochs, before = float(cut.config.epochs), cut.origin.stop if cut.origin else 0.0
        if unit == "epochs":
            return epochs
        points = [p for p in curve if p.epoch > before]
        if len(points) > 1:  # until the first evaluation everything has to start
            before, *points = points[0].epoch, *points[1:]
        return sum(p.seconds for p in points) / (points[-1].epoch - before) * epochs if points else 0.0

    def rest(self, training: int) -> Slice | None:
        """What is left of a training up to its end; None when it is over, or has not begun."""
        cut = self._slices.get(training)
        if cut is None or training in self._over:
            return None
        return replace(cut, start=self.curves[training].epoch, stop=float(cut.config.epochs))

    def save(self, folder: Path, executor: Executor) -> None:
        """Writes the leader's weights into ``folder``, unless they are there. Raises OSError."""
        cut, point = self.winner, self.point
        if cut is None or point is None:
            return
        winner = Winner(cut.training, cut.seed, cut.config, point)
        if load_winner(folder) != winner:
            reached = replace(cut, start=0.0, stop=self.curves[cut.training].epoch)
            save_winner(folder, winner, executor.best_weights(reached))

    def best(self, folder: Path, task: Task | None) -> Best | None:
        """The leader."""
        return None if self._best is None else self._training(self._best, folder, task)

    def _training(self, number: int, folder: Path, task: Task | None) -> Best | None:
        cut, curve = self._slices[number], self.curves[number]
        point = curve.best(self._direction)
        if point is None:
            return None
        kept = load_winner(folder) == Winner(number, cut.seed, cut.config, point)
        weights = winner_folder(folder) / "model.pt" if kept else None
        origin = None if straight(cut) else cut.origin
        shared, trunk = self._shared(number), self.curves.get(cut.origin.training) if cut.origin else None
        before = sum(p.seconds for p in trunk if p.epoch <= shared + 1e-9) if trunk is not None else 0.0
        return Best(number, cut.seed, cut.config, curve, point, weights, task, origin, before)

    def result(
        self,
        *,
        folder: Path,
        name: str,
        metric: str,
        task: Task | None,
        validation: int,
        asked: Budget | None,
        budget: BudgetState,
        interrupted: bool,
    ) -> Result:
        """The study so far; ``validation`` is the number of validation samples."""
        best = self.best(folder, task)
        again = self.confirmations()
        competing = sum(map(competes, self._slices.values()))
        luck = "" if best is None else luck_sentence(best, again, metric, self._direction, validation, competing)
        return Result(
            best=best,
            baseline=self._training(0, folder, task) if 0 in self.curves else None,
            confirmations=again,
            luck=luck,
            metric=metric,
            direction=self._direction,
            study_folder=folder,
            study_name=name,
            trainings=len(self.curves),
            failed=self.failed,
            failure=self._failure,
            repeated=sum("confirms" in cut.note for cut in self._slices.values()),
            epochs=self.epochs,
            seconds=budget.seconds,
            budget=budget,
            asked=asked,
            interrupted=interrupted,
            baseline_failed=self._failed.get(0),
        )
