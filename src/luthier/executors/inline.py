"""Slices run one after the other in this process."""

from __future__ import annotations

import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor

from luthier.errors import RunError, UsageError
from luthier.executors import _pace
from luthier.executors._base import OnPoint
from luthier.records import Options, Outcome, Point, Slice, SliceResult, Status, fingerprint
from luthier.task import Task
from luthier.training import Checkpoints, Training, branch, freeze, guarded, thaw

_EPSILON = 1e-9  # epochs closer than this are the same


class Inline:
    """Slices run one after the other in this process. Trainings at rest stay in memory while there is room.

    ``on_point`` hears of each new evaluation; ``interrupted`` is asked before each interval. Since a training is
    exact, one whose checkpoint is older than its curve is simply trained again from there; one whose checkpoint is
    newer, because a crash lost what came after, goes on from it. What a training branches from comes back in the same
    ways.
    """

    capacity = 1

    def __init__(
        self,
        task: Task,
        options: Options,
        checkpoints: Checkpoints,
        on_point: OnPoint,
        interrupted: Callable[[], bool],
    ) -> None:
        self._task, self._options, self._checkpoints = task, options, checkpoints
        self._about = task.describe()
        self._on_point, self._interrupted = on_point, interrupted
        self._queue: deque[Slice] = deque()
        self._live: OrderedDict[int, Training] = OrderedDict()
        self._over: set[int] = set()  # never continued: not worth a checkpoint
        self._owners: dict[int, str] = {}  # of the live trainings, to tell them and their checkpoints from others
        self._frozen_at: dict[int, float] = {}  # epoch of the newest checkpoint, by training
        self._pace = _pace.Pace()

    def submit(self, cut: Slice) -> None:
        """Takes a slice; it is run by ``wait``."""
        self._queue.append(cut)

    def wait(self) -> SliceResult:
        """Runs the slice submitted first."""
        cut = self._queue.popleft()
        start = time.perf_counter()
        points: list[Point] = []
        try:
            outcome = self._run(cut, points)
        except UsageError as error:  # a value that torch refuses ends the training, not the search
            outcome = Outcome(Status.FAILED, str(error), traceback.format_exc())
        self._make_room()
        return SliceResult(cut, tuple(points), outcome, time.perf_counter() - start)

    def best_weights(self, cut: Slice) -> Mapping[str, Tensor]:
        """The weights of the best epoch up to ``cut.stop``, trained again when they are nowhere. Raises RunError."""
        outcome = self._reach(cut, cut.stop)
        training = self._live.get(cut.training)
        if training is None or training.epoch < cut.stop - _EPSILON or not training.best_weights:
            reason = outcome.message or "it ended before its first evaluation"
            raise RunError(f"training {cut.training} has no weights to keep: {reason}")
        return {name: tensor.cpu() for name, tensor in training.best_weights.items()}

    def drop(self, training: int) -> None:
        """Forgets a training and its checkpoints."""
        self._live.pop(training, None)
        self._over.add(training)  # it may come back: others branch from it
        self._frozen_at.pop(training, None)
        self._checkpoints.drop(training)

    def close(self) -> None:
        """Freezes the trainings in memory that could be continued and would take long to repeat."""
        for number, training in self._live.items():
            if training.epoch < training.config.epochs and training.curve.seconds > _pace.FREEZE_SECONDS:
                self._freeze(number, training)
        self._live.clear()

    def release(self) -> Iterator[tuple[int, float, dict[str, Any]]]:
        """The trainings in memory, which are forgotten here: number, epoch, and the parts of a checkpoint.

        The parts share memory with the training.
        """
        while self._live:
            number, training = self._live.popitem(last=False)
            yield number, training.epoch, self._parts(number, training)

    def _run(self, cut: Slice, points: list[Point]) -> Outcome:
        outcome = self._reach(cut, cut.start, self._interrupted)
        training = self._live.get(cut.training)
        if training is None or training.epoch < cut.start - _EPSILON:
            return outcome

        def hear(point: Point) -> None:
            points.append(point)
            self._on_point(cut, point)

        def on_point(point: Point) -> None:
            hear(point)
            if self._pace.due() and training.epoch < training.config.epochs:
                self._freeze(cut.training, training)

        for point in training.curve:
            if point.epoch > cut.start + _EPSILON:
                hear(point)  # done before a crash
        del self._live[cut.training]  # whatever is raised below may leave it in the middle of an interval
        outcome = training.advance(cut.stop, on_point, self._interrupted)
        self._live[cut.training] = training
        if outcome.status.final:
            self._over.add(cut.training)
        return outcome

    def _reach(self, cut: Slice, epoch: float, interrupted: Callable[[], bool] | None = None) -> Outcome:
        """Has the training among the live ones, at ``epoch`` or up to ``cut.stop``; else the Outcome says why not.

        It comes from memory, from its checkpoint, or is trained again.
        """
        training = self._live.pop(cut.training, None)
        if training is None or training.epoch > cut.stop + _EPSILON or self._owners[cut.training] != self._owner(cut):
            outcome = guarded(lambda: self._thaw(cut, interrupted))
            if outcome.status is not Status.DONE:
                return outcome
            training = self._live.pop(cut.training)
        outcome = training.advance(epoch, None, interrupted)
        self._live[cut.training] = training
        return outcome

    def _thaw(self, cut: Slice, interrupted: Callable[[], bool] | None) -> Outcome:
        found = self._checkpoints.load(cut.training, cut.stop)
        # Another study in the same folder may have left one under this number.
        if found is None or found[1].get("owner") != self._owner(cut):
            return self._begin(cut, interrupted)
        training = Training(self._task, cut.config, cut.seed, self._options)
        thaw(training, found[1])
        self._frozen_at[cut.training] = found[0]
        self._keep(cut, training)
        return Outcome(Status.DONE)

    def _begin(self, cut: Slice, interrupted: Callable[[], bool] | None) -> Outcome:
        """The training before its first step."""
        self._frozen_at.pop(cut.training, None)
        if cut.origin is None:
            self._keep(cut, Training(self._task, cut.config, cut.seed, self._options))
            return Outcome(Status.DONE)
        origin, outcome = self._origin(cut.origin, interrupted)
        if origin is None:
            status = Status.PAUSED if outcome.status is Status.PAUSED else Status.FAILED
            reason = outcome.message or outcome.status.value
            at = f"training {cut.origin.training} at epoch {cut.origin.stop:g}"
            return Outcome(status, f"it branches from {at}, which was not reached: {reason}", outcome.traceback)
        self._keep(cut, branch(self._task, cut.config, cut.seed, self._options, freeze(origin)))
        return Outcome(Status.DONE)

    def _origin(self, origin: Slice, interrupted: Callable[[], bool] | None) -> tuple[Training | None, Outcome]:
        """The training where ``origin`` stops, or None and why. A live one that went further stays as it is."""
        number = origin.training
        kept = self._live.get(number), self._owners.get(number), self._frozen_at.get(number)
        outcome = self._reach(origin, origin.stop, interrupted)
        training = self._live.get(number)
        if kept[0] is not None and training is not kept[0]:
            self._live[number], self._owners[number] = kept[0], kept[1] or ""
            self._frozen_at.pop(number, None)
            if kept[2] is not None:
                self._frozen_at[number] = kept[2]
        elif kept[0] is None and number not in self._frozen_at:  # trained again; maybe nobody needs it any more
            self._live.pop(number, None)
        there = training is not None and abs(training.epoch - origin.stop) < _EPSILON
        return (training if there else None), outcome

    def _keep(self, cut: Slice, training: Training) -> None:
        self._live[cut.training] = training
        self._owners[cut.training] = self._owner(cut)

    def _owner(self, cut: Slice) -> str:
        """Tells a training from every other."""
        course = [self._about, dict(cut.config), cut.seed]
        return fingerprint(course if cut.origin is None else [*course, self._owner(cut.origin), cut.origin.stop])

    def _freeze(self, number: int, training: Training) -> None:
        if number in self._over or training.intervals == 0 or self._frozen_at.get(number) == training.epoch:
            return
        with self._pace.saving():
            self._checkpoints.save(number, training.epoch, self._parts(number, training))
        self._frozen_at[number] = training.epoch

    def _parts(self, number: int, training: Training) -> dict[str, Any]:
        return {**freeze(training), "owner": self._owners[number]}

    def _make_room(self) -> None:
        """Leaves the longest unused trainings to their checkpoints while memory is short."""
        while len(self._live) > 1 and sum(map(_size, self._live.values())) > _pace.LIVE_BYTES:
            number, training = self._live.popitem(last=False)
            self._freeze(number, training)


def _size(training: Training) -> int:
    """Bytes that a training holds, about: weights, gradients, best weights, two moments."""
    return 5 * sum(p.numel() * p.element_size() for p in training.model.parameters())
