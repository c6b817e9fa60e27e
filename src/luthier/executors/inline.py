"""Slices run one after the other in this process."""

from __future__ import annotations

import time
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping

from torch import Tensor

from luthier.errors import LuthierError, RunError
from luthier.executors._base import OnPoint
from luthier.records import Options, Outcome, Point, Slice, SliceResult, Status
from luthier.task import Task
from luthier.training import Checkpoints, Training, freeze, guarded, thaw

#: Trainings at rest stay in memory up to this many bytes; beyond it the longest unused are on disk only.
LIVE_BYTES = 1 << 30
#: A checkpoint within a slice is due when this many times its own cost has passed since the last, and not sooner
#: than FREEZE_SECONDS: it costs at most 1 %, and a crash loses an epoch or a few seconds.
FREEZE_AFTER_COSTS = 100.0
FREEZE_SECONDS = 1.0


class Inline:
    """Slices run one after the other in this process. Trainings at rest stay in memory while there is room.

    ``on_point`` hears of each new evaluation; ``interrupted`` is asked before each interval. Since a training is
    exact, one whose checkpoint is older than its curve is simply trained again from there.
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
        self._on_point, self._interrupted = on_point, interrupted
        self._queue: deque[Slice] = deque()
        self._live: OrderedDict[int, Training] = OrderedDict()
        self._frozen_at: dict[int, float] = {}  # epoch of the newest checkpoint, by training
        self._last_freeze, self._freeze_cost = time.perf_counter(), 0.0

    def submit(self, cut: Slice) -> None:
        """Takes a slice; it is run by ``wait``."""
        self._queue.append(cut)

    def wait(self) -> SliceResult:
        """Runs the slice submitted first."""
        cut = self._queue.popleft()
        start = time.perf_counter()
        points: list[Point] = []
        outcome = self._run(cut, points)
        if outcome.status.final and outcome.status is not Status.STOPPED:
            self._live.pop(cut.training, None)  # its weights are of no use; their memory is
        self._make_room()
        return SliceResult(cut, tuple(points), outcome, time.perf_counter() - start)

    def best_weights(self, cut: Slice) -> Mapping[str, Tensor]:
        """The weights of the best epoch up to ``cut.stop``, trained again when they are nowhere. Raises RunError."""
        training = self._at(cut.training, cut, cut.stop)
        if not training.best_weights:
            raise RunError(f"training {cut.training} has no weights to keep: it ended before its first evaluation")
        return {name: tensor.cpu() for name, tensor in training.best_weights.items()}

    def drop(self, training: int) -> None:
        """Forgets a training and its checkpoint."""
        self._live.pop(training, None)
        if self._frozen_at.pop(training, None) is not None:
            self._checkpoints.drop(training)

    def close(self) -> None:
        """Freezes the trainings in memory that could be continued and would take long to repeat."""
        for number, training in self._live.items():
            if training.epoch < training.config.epochs and training.curve.seconds > FREEZE_SECONDS:
                self._freeze(number, training)
        self._live.clear()

    def _run(self, cut: Slice, points: list[Point]) -> Outcome:
        try:
            return guarded(lambda: self._advance(cut, points))
        except LuthierError as error:  # a value that torch refuses ends the training, not the search
            return Outcome(Status.FAILED, str(error), traceback.format_exc())

    def _advance(self, cut: Slice, points: list[Point]) -> Outcome:
        training = self._at(cut.training, cut, cut.start)

        def on_point(point: Point) -> None:
            points.append(point)
            self._on_point(cut, point)
            if self._freeze_is_due() and training.epoch < cut.stop:
                self._freeze(cut.training, training)

        return training.advance(cut.stop, on_point, self._interrupted)

    def _at(self, number: int, cut: Slice, epoch: float) -> Training:
        """The training at ``epoch``, from memory, from its checkpoint, or trained again."""
        training = self._live.pop(number, None)
        if training is None or training.epoch > epoch:
            training = self._thawed(number, cut, epoch)
        if training.epoch < epoch:
            training.advance(epoch)
        self._live[number] = training
        return training

    def _thawed(self, number: int, cut: Slice, epoch: float) -> Training:
        training = Training(self._task, cut.config, cut.seed, self._options)
        found = self._checkpoints.load(number, epoch) if epoch else None
        if found is not None:
            self._frozen_at[number] = found[0]
            thaw(training, found[1])
        return training

    def _freeze_is_due(self) -> bool:
        since = time.perf_counter() - self._last_freeze
        return since > max(FREEZE_SECONDS, FREEZE_AFTER_COSTS * self._freeze_cost)

    def _freeze(self, number: int, training: Training) -> None:
        if training.intervals == 0 or self._frozen_at.get(number) == training.epoch:
            return
        start = time.perf_counter()
        self._checkpoints.save(number, training.epoch, freeze(training))
        self._frozen_at[number] = training.epoch
        self._last_freeze = time.perf_counter()
        self._freeze_cost = self._last_freeze - start

    def _make_room(self) -> None:
        """Leaves the longest unused trainings to their checkpoints while memory is short."""
        while len(self._live) > 1 and sum(map(_size, self._live.values())) > LIVE_BYTES:
            number, training = self._live.popitem(last=False)
            self._freeze(number, training)


def _size(training: Training) -> int:
    """Bytes that a training holds, about: weights, gradients, best weights, two moments."""
    return 5 * sum(p.numel() * p.element_size() for p in training.model.parameters())
