"""The learning rate of a task: range tests say where it may lie, short trainings at several lr where it does."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from luthier.errors import UsageError
from luthier.probes._base import Interval, ProbeResult, Progress
from luthier.probes._choice import beside, beyond, choose, first_lrs, next_lrs
from luthier.probes._range_analysis import CLEAR_ENOUGH, CLEAR_FALL, Reading, read
from luthier.probes._range_test import STEPS, RangeCurve, range_test
from luthier.probes._short import MOST, RUNGS, Here, OnPoint, Run, ShortTrainings, Shown
from luthier.records import Belief, Config, Options, SliceResult
from luthier.task import Task, chance_of, derive, load_task

REPEATS = 3
#: Fewest steps of a range test: 4 for each factor of ten.
MIN_STEPS = 30
#: Fewest losses of a range test that can be read.
LEAST = 10
#: Most trainings beyond the first ones, where the best of them is the lowest or highest lr.
OUTWARD = 2
#: Of a normal distribution: a 90 % interval is so many times as wide as the two thirds that a Belief means.
BELIEF_SHARE = 0.6


@dataclass(frozen=True, kw_only=True)
class LrRange(ProbeResult):
    """The lr for one optimizer and batch size, and what it was found from."""

    config: Config  #: what was probed; its lr is the suggested one where there is one
    lr: float | None  #: the suggestion: best lr of a whole training, by validation loss
    interval: Interval | None  #: where the best lr lies
    steepest: float  #: lr at which the loss of the range tests falls fastest
    steepest_interval: Interval
    largest_stable: float  #: last lr before the loss of the range tests rises
    curves: tuple[RangeCurve, ...]  #: the range tests
    lrs: tuple[float, ...]
    smooth: tuple[float, ...]  #: loss at ``lrs``, smoothed mean of the range tests
    shown: tuple[Shown, ...]  #: what the short trainings ended with, by rising lr
    results: tuple[SliceResult, ...]  #: their slices, in the order they ran; a search can go on from them
    trainings: float  #: whole trainings' worth of steps that the probe took

    def sentences(self) -> list[str]:
        """The answer, what it comes from, and what it cost."""
        about = f"{self.config.optimizer} at batch size {self.config.batch_size}"
        said = []
        if not self.reliable:
            said.append(f"Not reliable here for {about}: {self.reason}.")
        if self.lr is not None:
            guess = "" if self.reliable else "A guess: "
            inside = self.interval is None or self.interval.low <= self.lr <= self.interval.high
            end = "" if inside else ", the end of its range"
            beyond_it = "the best lies in" if inside else "the best lies beyond it, in"
            said.append(f"{guess}lr {self.lr:.2g} for {about}{end}; {beyond_it} {self.interval}.")
        elif not self.reliable:
            said.append(f"No lr is suggested for {about}; a search over the usual range, 0.0001 to 1, is the way.")
        if self.lr is not None or self.shown:
            said.append(
                f"In {len(self.curves)} range tests the loss falls fastest at lr {self.steepest:.2g} "
                f"({self.steepest_interval}) and rises again above {self.largest_stable:.2g}."
            )
        if self.shown:
            said.append(f"{self._trained()}")
        said.append(f"This took {self.seconds:.1f} s, as much as {self.trainings:.1f} whole trainings.")
        return said

    def _trained(self) -> str:
        furthest = max(s.epoch for s in self.shown)
        told = [
            f"{s.val_loss:.3g} at lr {s.lr:.2g}" if math.isfinite(s.val_loss) else f"diverged at lr {s.lr:.2g}"
            for s in self.shown
            if s.epoch == furthest or s.over
        ]
        return f"Validation loss after {furthest:g} of {self.config.epochs} epochs: {', '.join(told)}."

    def beliefs(self) -> tuple[Belief, ...]:
        """The lr for this optimizer. With the batch size it goes by its square root, until that was measured too.

        (Krizhevsky 2014, arXiv 1404.5997, section 5, for SGD; Malladi et al. 2022, arXiv 2205.10287, for Adam.) SGD's
        goes with 1 - momentum (Smith & Le 2018, arXiv 1710.06451, section 5).
        """
        if not self.reliable or self.lr is None or self.interval is None:
            return ()
        width = math.sqrt(self.interval.high / self.interval.low)
        momentum = {"momentum": float(self.config.momentum)} if self.config.optimizer == "SGD" else {}
        return (
            Belief(
                "lr",
                self.lr,
                max(1.1, width**BELIEF_SHARE),
                f"{len(self.curves)} learning-rate range tests"
                + (f" and {len(self.shown)} short trainings" if self.shown else ""),
                high=max(self.largest_stable, self.interval.high),
                given={"optimizer": self.config.optimizer},
                follows={"batch_size": 0.5, **dict.fromkeys(momentum, 1.0)},
                at={"batch_size": float(self.config.batch_size), **momentum},
            ),
        )


def lr_range(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    repeats: int = REPEATS,
    confirm: bool = True,
    seed: int = 0,
    options: Options | None = None,
    run: Run | None = None,
    first: int = 0,
    bounds: tuple[float, float] = (0.0, math.inf),
    on_progress: Callable[[Progress], None] | None = None,
    on_point: OnPoint | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> LrRange:
    """Suggests the lr of a whole training of ``task`` under ``config``, whose own lr plays no part.

    ``repeats`` range tests on fresh seeds and batches, then, with ``confirm``, short trainings on one seed, which take
    at most as many epochs as three and a half whole trainings. Those are slices numbered from ``first``, run by ``run``
    where one is given, else here; ``on_point`` hears of their evaluations. Their lrs and the suggestion lie in
    ``bounds``. Neither the model that the task's builder gives nor the global random numbers change. Raises UsageError
    for a config that the task does not allow, and when the model cannot take a step with it.
    """
    start = time.perf_counter()
    task = load_task(task) if isinstance(task, str) else task
    if repeats < 2:
        raise UsageError(f"repeats is {repeats}; it must be 2 or more, since one range test cannot tell its own spread")
    complete = task.check(config or {})
    whole = _steps(task, complete)
    steps = _test_steps(whole, repeats)
    tell = on_progress or (lambda _: None)
    curves = []
    for number in range(repeats):
        if number and _asked(interrupted):
            break
        tell(Progress(f"range test {number + 1} of {repeats}", 0.3 * number / repeats))
        curves.append(range_test(task, complete, derive(seed, "range test", number), options, steps=steps))
    _check_long_enough(curves)
    reading = read(curves, seed)
    bare = _result(complete, curves, reading, sum(len(c.losses) for c in curves) / whole)
    trouble = _trouble(reading, CLEAR_ENOUGH if confirm else CLEAR_FALL)
    if trouble:
        return replace(bare, reliable=False, reason=trouble, seconds=time.perf_counter() - start)
    here = Here(task, options, on_point, interrupted)
    short = ShortTrainings(complete, seed, task.evaluations_per_epoch, run or here, first)
    if confirm:
        _confirm(short, reading, bounds, tell)
    chance = chance_of(task) if complete.loss is None else None
    found = choose(reading, short.shown, math.inf if chance is None else chance.loss)
    lr = min(max(found.lr, bounds[0]), bounds[1])
    return replace(
        bare,
        config=complete.replace(lr=lr),
        lr=lr,
        interval=found.interval,
        reliable=not (found.reason or _asked(interrupted)),
        reason="it was interrupted" if _asked(interrupted) else found.reason,
        shown=tuple(short.shown),
        results=tuple(short.results),
        trainings=bare.trainings + short.cost,
        seconds=time.perf_counter() - start,
    )


def range_tests_cost(task: Task, config: Config, repeats: int = REPEATS) -> float:
    """What the range tests cost at most, in trainings of a complete ``config``."""
    whole = _steps(task, config)
    return repeats * _test_steps(whole, repeats) / whole


def _steps(task: Task, config: Config) -> int:
    """Of a whole training."""
    return int(config.epochs) * max(1, len(task.train) // int(config.batch_size))


def _test_steps(whole: int, repeats: int) -> int:
    return min(STEPS, max(MIN_STEPS, whole // repeats))


def _asked(interrupted: Callable[[], bool] | None) -> bool:
    return interrupted is not None and interrupted()


def _confirm(
    short: ShortTrainings, reading: Reading, bounds: tuple[float, float], tell: Callable[[Progress], None]
) -> None:
    """The short trainings, rung by rung; both reach outward where the best lr is the lowest or highest."""
    first, second = RUNGS
    count = max(3, min(first.trainings, MOST * short.whole // short.intervals(first.fraction)))
    lrs = first_lrs(reading, count, bounds)
    tell(Progress(f"{count} trainings to epoch {short.stop(first.fraction):g}", 0.3))
    short.reach(lrs, first.fraction)
    for _ in range(OUTWARD):
        further = None if short.interrupted else beyond(short.shown)
        if further is None or not bounds[0] <= further <= bounds[1]:
            break
        short.reach([further], first.fraction)
    if not short.interrupted:
        lrs = next_lrs(short.shown, second.trainings)
        tell(Progress(f"{len(lrs)} trainings to epoch {short.stop(second.fraction):g}", 0.5))
        short.reach(lrs, second.fraction)
        further = None if short.interrupted else beside(short.shown)
        if further is not None and bounds[0] <= further <= bounds[1]:
            short.reach([further], second.fraction)


def _result(config: Config, curves: list[RangeCurve], reading: Reading, trainings: float) -> LrRange:
    """What the range tests alone give."""
    return LrRange(
        seconds=0.0,
        config=config,
        lr=None,
        interval=None,
        steepest=reading.steepest,
        steepest_interval=reading.steepest_interval,
        largest_stable=reading.largest_stable,
        curves=tuple(curves),
        lrs=tuple(reading.lrs.tolist()),
        smooth=tuple(reading.losses.tolist()),
        shown=(),
        results=(),
        trainings=trainings,
    )


def _check_long_enough(curves: list[RangeCurve]) -> None:
    """Raises UsageError when the loss explodes at once, at learning rates that no training needs."""
    longest = max(curves, key=lambda c: len(c.losses))
    if len(longest.losses) < LEAST:
        reached = f"explodes at lr {longest.lrs[-1]:.2g}" if longest.lrs else "is not finite before the first step"
        raise UsageError(f"the loss {reached}; bring inputs and targets to about unit size, or mend the model")


def _trouble(reading: Reading, clear: float) -> str:
    """Why the range tests say nothing; empty when they do."""
    if reading.clarity > clear:
        return ""
    return (
        f"in the range tests the loss falls by {max(reading.fall, 0):.2g} at most, "
        f"which is not more than it varies without any progress (by {reading.noise:.2g} from batch to batch)"
    )
