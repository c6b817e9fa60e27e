"""The critical batch size, directly: how many samples branches with growing batches need to one training loss."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from luthier.errors import DataError, UsageError
from luthier.probes._base import Interval, ProbeResult
from luthier.probes._branches import Branches, end
from luthier.probes._needed import Course, critical
from luthier.probes._noise_at import MIN_SAMPLES, SAMPLES, NoiseAt, NoiseProbe
from luthier.probes._range_test import untouched
from luthier.records import Belief, Config, Options, Status
from luthier.task import Task, own_randomness
from luthier.training import Training, batch_exponent, threads

#: The batches begin at the power of two below this share of the noise scale, at least at ``SMALLEST``.
SHARE, SMALLEST = 1 / 8, 4
#: Large batches may take so many times the samples that the smallest one has, and take so many steps at least.
MOST, MIN_STEPS = 4.0, 8
#: A batch loses nothing when its loss falls this share of the smallest one's fall, after as many samples.
NOTHING_LOST = 0.95


@dataclass(frozen=True, kw_only=True)
class CriticalBatch(ProbeResult):
    """The batch size at which a loss costs twice the samples that small batches need to it, and twice the fewest steps.

    McCandlish et al. 2018 (arXiv 1812.06162, equation 2.11).
    """

    config: Config
    epoch: float  #: where the branches begin
    start_loss: float  #: on the training data, there
    target: float  #: the training loss to reach
    branches: tuple[Course, ...]  #: by rising batch size, each at its best lr; the last one may not arrive
    value: float  #: in samples
    interval: Interval
    fewest: float  #: samples that the smallest batches need
    lossless: int  #: the largest batch whose loss has not left after as many samples as the smallest one needs
    noise: tuple[NoiseAt, ...]  #: the gradient noise scale on the way of the batch size nearest to the value

    @property
    def noise_scale(self) -> float:
        """The geometric mean of the gradient noise scale on the way; infinite where it is at one of its places."""
        if not self.noise:
            return math.nan
        return math.exp(sum(math.log(max(p.value, 1e-9)) for p in self.noise) / len(self.noise))

    def sentences(self) -> list[str]:
        """The answer in plain words."""
        if not self.reliable:
            return [self.reason]
        low, high, percent = self.interval.low, self.interval.high, f"{100 * self.interval.level:.0f} %"
        sizes = f"{self.branches[0].batch_size} to {self.branches[-1].batch_size}"
        told = [
            f"Branches from epoch {self.epoch:g} to a training loss of {self.target:.3g}, batch sizes {sizes}: the "
            f"critical batch size is {self.value:.3g} samples, {low:.3g} to {high:.3g} ({percent}).",
            f"Up to {self.lossless} the loss has not left that of the smallest batch after as many samples.",
        ]
        if self.noise and math.isfinite(self.noise_scale):
            told.append(
                f"The gradient noise scale on the same way is {self.noise_scale:.3g} samples: the critical batch size "
                f"is {self.value / self.noise_scale:.2g} times that."
            )
        return told

    def beliefs(self) -> tuple[Belief, ...]:
        """Batch sizes around the critical one, where it is known."""
        if not self.reliable:
            return ()
        wide = max(4.0, self.interval.high / self.value)
        return (Belief("batch_size", self.value, wide, f"critical batch size, branches from epoch {self.epoch:g}"),)


def critical_batch(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    epoch: float = 1.0,
    length: float = 0.5,
    repeats: int = 2,
    level: float = 0.95,
    seed: int = 0,
    options: Options | None = None,
) -> CriticalBatch:
    """Branches from ``epoch`` with batches from an eighth of the noise scale on, each twice the last, to one loss.

    The loss is that of the smallest batch at its best lr in the last quarter of ``length`` epochs, on up to 2048
    training samples, smoothed. For each batch size lr moves by factors of 2 until the samples needed are the fewest;
    the answer is the B_crit of ``samples = E_min * (1 + batch / B_crit)``, McCandlish et al. 2018 (arXiv 1812.06162,
    equation 2.11). So it is what the noise scale estimates, where that is measured on the same way: on a way at a high
    lr it tells that lr's noise. Branches from one checkpoint are as in Merrill et al. 2025 (arXiv 2505.23971), whose
    answer, the largest batch that loses nothing, is told beside it.

    Raises DataError where the data is too small, UsageError where the training fails before the branches.
    """
    start = time.perf_counter()
    if repeats < 2:
        raise UsageError(f"repeats is {repeats}; an interval needs 2 or more")
    if not 0 < length < math.inf:
        raise UsageError(f"length is {length}; it must be a number of epochs above 0, such as 0.5")
    task = untouched(task)
    full = task.check(config or {})
    steady = full.replace(schedule="constant", warmup=0.0, batch_schedule="constant", patience=None)
    trunk = Training(task, steady.replace(epochs=math.ceil(epoch) + 1), seed, options)
    samples = length * len(task.train)
    _check(len(task.train), samples)
    outcome = trunk.advance(epoch)
    if outcome.status is not Status.DONE:
        raise UsageError(f"the training before the branches ended: {outcome.message}; take a smaller lr")
    with own_randomness(), threads(trunk.threads):
        branches = Branches(trunk, samples, repeats, seed, options)
        first = _first(NoiseProbe(trunk, SAMPLES, level, seed).measure(epoch), full.batch_size, samples)
        tried, target = _walk(branches, first, steady, samples)
        arrived = [courses for courses in tried if math.isfinite(courses[0].needed(target))]
        reason = _too_little(branches.start_loss, target, len(arrived))
        value, fewest, interval = math.nan, math.nan, Interval(math.nan, math.nan, level)
        noise: tuple[NoiseAt, ...] = ()
        if not reason:
            value, fewest, interval = critical(arrived, target, level, seed)
            nearest = min((c[0] for c in arrived), key=lambda c: abs(math.log(c.batch_size / value)))
            noise = _noise(branches, nearest, nearest.needed(target), level, seed, epoch, len(task.train))
            reason = _doubt(value, interval, arrived)
    best = tuple(courses[0] for courses in tried)
    return CriticalBatch(
        seconds=time.perf_counter() - start,
        reliable=not reason,
        reason=reason and f"The critical batch size is not reliable here: {reason}.",
        config=full,
        epoch=epoch,
        start_loss=branches.start_loss,
        target=target,
        branches=best,
        value=value,
        interval=interval,
        fewest=fewest,
        lossless=_lossless(best, branches.start_loss, target),
        noise=noise,
    )


def _check(count: int, samples: float) -> None:
    needed = 4 * SMALLEST * MIN_STEPS
    if MOST * samples < needed or count < max(MIN_SAMPLES, 4 * SMALLEST):
        raise DataError(
            f"branches of {samples:.0f} samples are too short for three batch sizes from {SMALLEST} on with "
            f"{MIN_STEPS} steps each; give a length of {needed / MOST / count:.2g} epochs or more, or more data"
        )


def _first(noise: NoiseAt, fallback: int, samples: float) -> int:
    """The smallest batch: a power of two, small enough that three sizes find room."""
    wanted = noise.value * SHARE if 0 < noise.value < math.inf else float(fallback)
    most = MOST * samples / MIN_STEPS / 4
    return int(2 ** math.floor(math.log2(max(SMALLEST, min(wanted, most)))))


def _walk(branches: Branches, size: int, config: Config, samples: float) -> tuple[list[list[Course]], float]:
    """The courses of each batch size, best first, up to one that does not arrive; and the loss to reach."""
    exponent = batch_exponent(config)
    lr = float(config.lr) * (size / config.batch_size) ** exponent
    found = [branches.tried(size, lr, samples, None)]
    target = end(found[0][0])
    if not target < branches.start_loss:
        return found, target
    found[0].sort(key=lambda course: course.needed(target))
    while math.isfinite(found[-1][0].needed(target)) and 2 * size * MIN_STEPS <= MOST * samples:
        size *= 2
        found.append(branches.tried(size, found[-1][0].lr * 2.0**exponent, MOST * samples, target))
    return found, target


def _noise(
    branches: Branches, way: Course, needed: float, level: float, seed: int, epoch: float, count: int
) -> tuple[NoiseAt, ...]:
    """The noise scale at the beginning, the middle and the end of a way."""
    training = branches.training(way.batch_size, way.lr, 0)
    probe = NoiseProbe(training, SAMPLES, level, seed)
    found = [probe.measure(epoch)]
    for done in branches.walk(training, 0, max(1, round(needed / 2 / way.batch_size))):
        found.append(probe.measure(epoch + done / count))
        if len(found) == 3:
            break
    return tuple(found)


def _lossless(best: Sequence[Course], start: float, target: float) -> int:
    """The largest batch up to which no loss leaves that of the smallest one."""
    samples, found = best[0].needed(target), best[0].batch_size
    for course in best[1:]:
        if start - course.loss_after(samples) < NOTHING_LOST * (start - target):
            break
        found = course.batch_size
    return found


def _too_little(start: float, target: float, arrived: int) -> str:
    if not target < start:
        return "no branch brought the training loss down; take another lr, or an earlier epoch"
    if arrived < 3:
        return f"only {arrived} batch sizes reach the smallest one's loss; give a greater length, or more data"
    return ""


def _doubt(value: float, interval: Interval, arrived: Sequence[Sequence[Course]]) -> str:
    low, high = arrived[0][0].batch_size, arrived[-1][0].batch_size
    if value < low / 2:
        return f"it lies below the smallest batch, {low}; give a later epoch"
    if value > high:
        return f"batches up to {high}, the largest that the data allow, need few samples more than small ones"
    if interval.high > 100 * interval.low:
        return f"it may be anything from {interval.low:.3g} to {interval.high:.3g}; give more repeats"
    return ""
