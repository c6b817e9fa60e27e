"""Slices run several at once, in processes of this machine."""

from __future__ import annotations

import signal
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait as ready

from torch import Tensor

from luthier.executors import _pace
from luthier.executors._base import OnPoint
from luthier.executors._frozen import Frozen, pack, unpack
from luthier.executors._overdue import Overdue
from luthier.executors._workers import (
    Asked,
    Done,
    Job,
    Raised,
    Reached,
    Said,
    Saved,
    Worker,
    Workers,
)
from luthier.executors.inline import Inline
from luthier.records import Options, Outcome, Slice, SliceResult, Status
from luthier.task import Task
from luthier.training import Checkpoints

#: Seconds after which ``interrupted`` is asked again while nothing comes: an interval may take long.
_PATIENCE = 0.05
_LAST_WORDS = 1.0  #: seconds until a process whose connection broke must be gone
_EPSILON = 1e-9  # epochs closer than this are the same


@dataclass(frozen=True)
class _Resting:
    """A training between two slices."""

    cut: Slice
    frozen: Frozen
    seconds: float  #: of all its points
    over: bool  #: never continued: not worth a checkpoint

    def is_at(self, cut: Slice) -> bool:
        """Whether it is the training of ``cut``, where ``cut`` stops."""
        same = (self.cut.config, self.cut.seed, self.cut.origin) == (cut.config, cut.seed, cut.origin)
        return same and abs(self.frozen[0] - cut.stop) < _EPSILON


class Processes:
    """Slices run in ``workers``, as many at once as there are.

    Trainings at rest are here, frozen, while there is room in memory, so that any worker can go on with any of them.
    ``on_point`` hears of each evaluation. ``interrupted`` is asked all the time; each slice under way then ends after
    the interval it is in, and ``tell`` hears of one that does not come to that. A worker that dies ends its training,
    one that was killed as out of memory, and is replaced.
    """

    def __init__(
        self,
        task: Task,
        options: Options,
        checkpoints: Checkpoints,
        on_point: OnPoint,
        interrupted: Callable[[], bool],
        workers: Workers,
        tell: Callable[[str], None] = lambda sentence: None,
        overdue: Overdue | None = None,
    ) -> None:
        self._workers, self._checkpoints = workers, checkpoints
        self._on_point, self._interrupted, self._tell = on_point, interrupted, tell
        self._overdue = overdue or Overdue()
        # For weights of an earlier run, which are trained again.
        self._inline = Inline(task, options, checkpoints, lambda cut, point: None, lambda: False)
        self._queue: deque[Slice] = deque()
        self._resting: OrderedDict[int, _Resting] = OrderedDict()

    @property
    def capacity(self) -> int:
        """How many workers there are."""
        return len(self._workers.all)

    def submit(self, cut: Slice) -> None:
        """Takes a slice, for the next worker that is free."""
        self._queue.append(cut)
        self._hand_out()

    def wait(self) -> SliceResult:
        """The next slice to come back."""
        while True:
            stop = self._interrupted()
            self._workers.set_stop(stop)
            heard = self._next()
            for sentence in self._overdue.sentences() if stop and not heard else ():
                self._tell(sentence)
            for worker in heard:
                result = self._hear(worker)
                if result is not None:
                    self._overdue.end(result.slice.training)
                    self._hand_out()
                    return result

    def best_weights(self, cut: Slice) -> Mapping[str, Tensor]:
        """The weights of the best epoch up to ``cut.stop``, trained again when they are nowhere. Raises RunError."""
        resting = self._resting.get(cut.training)
        if resting is not None and resting.is_at(cut):
            best: Mapping[str, Tensor] = unpack(resting.frozen)["best"]
            if best:
                return best
        try:
            return self._inline.best_weights(cut)
        finally:
            for _ in self._inline.release():
                pass

    def drop(self, training: int) -> None:
        """Forgets a training and its checkpoints."""
        self._resting.pop(training, None)
        self._checkpoints.drop(training)

    def close(self) -> None:
        """Freezes on disk what could be continued and would take long to repeat, and ends the workers."""
        self._workers.close()
        for number, resting in self._resting.items():
            if resting.seconds > _pace.FREEZE_SECONDS:
                self._save(number, resting)
        self._resting.clear()

    def _hand_out(self) -> None:
        for worker in [*self._workers.all]:
            if self._queue and worker.cut is None:
                cut = self._queue.popleft()
                self._workers.set_stop(self._interrupted())
                job = Job(cut, self._needed(cut))
                try:
                    worker.connection.send(job)
                except OSError:  # it died while it had nothing to do
                    worker.end()
                    worker = self._workers.replace(worker)
                    worker.connection.send(job)
                worker.cut, worker.points = cut, []
                self._overdue.begin(cut.training)

    def _needed(self, cut: Slice) -> dict[int, Frozen]:
        """The training as it is, and those that it branches from."""
        needed: dict[int, Frozen] = {}
        step: Slice | None = cut
        while step is not None:
            if (resting := self._resting.get(step.training)) is not None:
                needed[step.training] = resting.frozen
            elif (found := self._checkpoints.load(step.training, step.stop)) is not None:
                needed[step.training] = pack(*found)
            step = step.origin
        return needed

    def _next(self) -> list[Worker]:
        """The workers that have something to say."""
        busy = [worker for worker in self._workers.all if worker.cut is not None]
        found = ready([worker.connection for worker in busy], _PATIENCE)
        return [worker for worker in busy if worker.connection in found]

    def _hear(self, worker: Worker) -> SliceResult | None:
        """Takes one message; the result, if it is that."""
        cut = worker.cut
        assert cut is not None  # only those at work are heard
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._died(worker, cut)
        match message:
            case Reached(point):
                worker.points.append(point)
                self._overdue.reached(cut.training)
                self._on_point(cut, point)
            case Asked():
                worker.connection.send(not self._interrupted())
            case Saved(training, frozen):
                if training == cut.training:
                    self._checkpoints.save(training, frozen[0], unpack(frozen))
            case Said(stream, text):
                getattr(sys, stream).write(text)
            case Done(result, frozen):
                worker.cut = None
                self._rest(result, frozen)
                return result
            case Raised(error):
                worker.cut = None
                raise error
        return None

    def _died(self, worker: Worker, cut: Slice) -> SliceResult:
        code = worker.end(_LAST_WORDS)
        self._workers.replace(worker)
        if code == -signal.SIGKILL:
            outcome = Outcome(Status.OUT_OF_MEMORY, "its process was killed, as the system does when memory runs out")
        else:
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            outcome = Outcome(Status.FAILED, f"its process ended ({how})")
        return SliceResult(cut, tuple(worker.points), outcome)

    def _rest(self, result: SliceResult, frozen: Mapping[int, Frozen]) -> None:
        """Keeps what a worker sends back."""
        number = result.slice.training
        before = self._resting.get(number)
        if number in frozen:
            self._resting.pop(number, None)  # to the end: it was used last
            seconds = sum(p.seconds for p in result.points) + (before.seconds if before else 0.0)
            self._resting[number] = _Resting(result.slice, frozen[number], seconds, over=result.over)
        origin = result.slice.origin
        while origin is not None:
            if origin.training in frozen and origin.training not in self._resting:  # it was trained again
                self._resting[origin.training] = _Resting(origin, frozen[origin.training], 0.0, over=True)
            origin = origin.origin
        self._make_room()

    def _save(self, number: int, resting: _Resting) -> None:
        if not resting.over:
            self._checkpoints.save(number, resting.frozen[0], unpack(resting.frozen))

    def _make_room(self) -> None:
        """Leaves the longest unused trainings to their checkpoints while memory is short."""
        while len(self._resting) > 1 and sum(len(r.frozen[1]) for r in self._resting.values()) > _pace.LIVE_BYTES:
            self._save(*self._resting.popitem(last=False))
