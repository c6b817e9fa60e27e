"""Short trainings at several learning rates: the best third of them goes on, at equal cost to each rung."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, geometric_mean

from luthier.errors import UsageError
from luthier.probes._range_test import untouched
from luthier.records import Config, Options, Outcome, Point, Slice, SliceResult, Status
from luthier.task import Task
from luthier.training import Training, guarded

#: Runs slices, somewhere, and gives their results in any order.
Run = Callable[[Sequence[Slice]], Sequence[SliceResult]]
OnPoint = Callable[[Slice, Point], None]


@dataclass(frozen=True)
class Rung:
    """So many trainings reach this fraction of all epochs."""

    trainings: int
    fraction: float


#: 5/9 + 3 * (0.6 - 1/9) = 2.0 whole trainings. A race of more that stops most of them sooner (successive halving) found
#: the best lr less often: how soon a training falls says little about where it ends.
RUNGS = (Rung(5, 1 / 9), Rung(3, 0.6))
#: What a training has come to is told by this share of its evaluations, the last ones: one alone may be a bad moment.
LAST = 1 / 3
#: The first rung takes no more than this many whole trainings, when a training has few evaluations.
MOST = 3


@dataclass(frozen=True)
class Shown:
    """What a short training has shown at its end."""

    lr: float
    epoch: float
    val_loss: float  #: infinite where it diverged
    over: bool = False  #: it diverged or stopped early
    recent: tuple[float, ...] = ()  #: the last validation losses, this one included

    @property
    def level(self) -> float:
        """The mean of the last losses: geometric where they are positive, since they vary by factors."""
        seen = self.recent or (self.val_loss,)
        return geometric_mean(seen) if min(seen) > 0 else fmean(seen)


class Here:
    """Runs slices one after the other in this process, on copies of the model. Keeps the trainings under way."""

    def __init__(
        self, task: Task, options: Options | None, on_point: OnPoint | None, interrupted: Callable[[], bool] | None
    ) -> None:
        self._task, self._options = untouched(task), options
        self._on_point, self._interrupted = on_point, interrupted
        self._live: dict[int, Training] = {}

    def __call__(self, cuts: Sequence[Slice]) -> list[SliceResult]:
        """The results, in the slices' order."""
        return [self._run(cut) for cut in cuts]

    def _run(self, cut: Slice) -> SliceResult:
        start = time.perf_counter()
        points: list[Point] = []

        def hear(point: Point) -> None:
            points.append(point)
            if self._on_point is not None:
                self._on_point(cut, point)

        def train() -> Outcome:
            if cut.training not in self._live:
                self._live[cut.training] = Training(self._task, cut.config, cut.seed, self._options)
            return self._live[cut.training].advance(cut.stop, hear, self._interrupted)

        outcome = guarded(train)
        return SliceResult(cut, tuple(points), outcome, time.perf_counter() - start)


class ShortTrainings:
    """Trainings of one config at several learning rates, all with one seed, so that they differ by lr alone."""

    def __init__(self, config: Config, seed: int, per_epoch: int, run: Run, first: int) -> None:
        self._config, self._seed, self._run, self._first = config, seed, run, first
        self._per_epoch = per_epoch
        self.whole: int = round(config.epochs * per_epoch)  #: evaluation intervals of a whole training
        self.results: list[SliceResult] = []
        self._numbers: dict[float, int] = {}
        self._shown: dict[float, Shown] = {}
        self._losses: dict[float, list[float]] = {}

    def stop(self, fraction: float) -> float:
        """The epoch at ``fraction`` of a training, after at least one interval."""
        return self.intervals(fraction) / self._per_epoch

    def intervals(self, fraction: float) -> int:
        """Evaluation intervals in ``fraction`` of a training, at least one."""
        return max(1, round(fraction * self.whole))

    @property
    def shown(self) -> list[Shown]:
        """What each training has shown last, by rising lr."""
        return [self._shown[lr] for lr in sorted(self._shown)]

    @property
    def interrupted(self) -> bool:
        """Whether a slice was ended from outside."""
        return any(r.outcome.status is Status.PAUSED for r in self.results)

    @property
    def cost(self) -> float:
        """Whole trainings' worth of epochs so far."""
        return sum(len(r.points) for r in self.results) / self.whole

    def reach(self, lrs: Sequence[float], fraction: float) -> None:
        """Brings the training at each lr to ``fraction`` of its epochs. Raises UsageError when one fails."""
        stop = self.stop(fraction)
        cuts = []
        for lr in lrs:
            before = self._shown.get(lr, Shown(lr, 0.0, math.nan))
            if before.epoch < stop and not before.over:
                number = self._numbers.setdefault(lr, self._first + len(self._numbers))
                cuts.append(Slice(number, self._config.replace(lr=lr), before.epoch, stop, self._seed))
        for result in self._run(cuts) if cuts else ():
            self._take(result)

    def _take(self, result: SliceResult) -> None:
        status, lr = result.outcome.status, float(result.slice.config.lr)
        if status in (Status.FAILED, Status.OUT_OF_MEMORY):
            size = result.slice.config.batch_size
            raise UsageError(
                f"a training at lr {lr:g} and batch_size {size} ended: {result.outcome.message or status.value}; "
                "mend the model or take another batch size"
            )
        self.results.append(result)
        last = result.points[-1] if result.points else None
        if status is Status.DIVERGED:
            self._shown[lr] = Shown(lr, last.epoch if last else result.slice.start, math.inf, over=True)
        elif last is not None:
            losses = [*self._losses.get(lr, []), *(p.val_loss for p in result.points)]
            self._losses[lr] = losses
            recent = tuple(losses[-max(1, round(LAST * len(losses))) :])
            self._shown[lr] = Shown(lr, last.epoch, last.val_loss, status.final, recent)
