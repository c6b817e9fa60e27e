"""Which batch sizes are fast, which fit, and how long an epoch takes at any of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from luthier.errors import UsageError
from luthier.probes._base import ProbeResult, Progress
from luthier.probes._memory import hand_back, memory_left
from luthier.probes._range_test import untouched
from luthier.probes._speed import TIMED, Step, evaluation_seconds, loop_seconds, measure_memory, measure_seconds
from luthier.probes.epoch_cost import rising
from luthier.records import Belief, Config, EpochCost, Options
from luthier.task import Task, own_randomness
from luthier.training import Training, is_out_of_memory, pick_device, threads

#: The smallest batch that is tried, where there are samples enough.
SMALLEST = 8
#: Share of the memory left that a batch may take: operations use some that nobody tells, and other programs move.
SHARE = 0.8
#: Where a batch ran out of memory, sizes between are tried until this share of the largest that fits is left open.
NARROW = 0.05
#: A batch is at full speed when it trains this share of the most samples per second.
FULL = 0.95
#: Samples evaluated at once, at most; fewer where memory is short.
EVALUATED = 4096
ROUNDS = 6  # of timing, every second one backwards, since the machine's speed wanders


@dataclass(frozen=True, kw_only=True)
class BatchSizes(ProbeResult):
    """Speed and memory against batch size."""

    config: Config
    steps: tuple[Step, ...]  #: by rising batch size
    samples: int  #: in an epoch
    evaluation_seconds: float  #: of an epoch besides its steps: the validation data, above all
    memory_left: float  #: bytes that the process can still take: the least of before and after, or what a step took
    largest: int  #: the largest batch size that fits, at most all samples
    full_speed: int  #: the smallest batch size at full speed
    fixed_bytes: float  #: of the memory model ``fixed + each * batch_size``
    bytes_per_sample: float

    @property
    def cost(self) -> EpochCost:
        """The time of an epoch as a value of its own."""
        sizes, seconds = tuple(s.batch_size for s in self.steps), rising([s.seconds for s in self.steps])
        return EpochCost(sizes, seconds, self.samples, self.evaluation_seconds)

    def step_seconds(self, batch_size: int) -> float:
        """Seconds of a step, between the measured batch sizes on straight lines, beyond them on the last ones."""
        return self.cost.step(batch_size)

    def epoch_seconds(self, batch_size: int) -> float:
        """Seconds of an epoch and its evaluation, at any batch size. Raises UsageError for one below 1."""
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; it must be 1 or more")
        return self.cost.seconds(batch_size)

    def peak_bytes(self, batch_size: int) -> float:
        """Bytes at the peak of a step, data left out."""
        return self.fixed_bytes + self.bytes_per_sample * batch_size

    def sentences(self) -> list[str]:
        """The answer in plain words."""
        told = [self.reason] if self.reason else []
        best = max(self.steps, key=lambda s: s.samples_per_second)
        told.append(
            f"Full speed begins at batch size {self.full_speed}: {_rate(self, self.full_speed)}, an epoch in "
            f"{self.epoch_seconds(self.full_speed):.3g} s. The most is {best.samples_per_second:.3g} samples/s at "
            f"{best.batch_size}."
        )
        own = int(self.config.batch_size)
        told.append(f"Batch size {own}: {_rate(self, own)}, an epoch in {self.epoch_seconds(own):.3g} s.")
        limit = "all training samples fit" if self.largest == self.samples else "memory allows no more"
        told.append(
            f"The largest batch that fits is {self.largest} ({limit}): {self.peak_bytes(self.largest) / 1e6:.3g} MB of "
            f"{self.memory_left / 1e6:.3g} MB; each sample takes {self.bytes_per_sample / 1e3:.3g} kB."
        )
        return told

    def beliefs(self) -> tuple[Belief, ...]:
        """Batch sizes about full speed, up to the largest that fits."""
        if not self.reliable:
            return ()
        source = f"speed and memory at {len(self.steps)} batch sizes"
        return (Belief("batch_size", float(self.full_speed), 4.0, source, high=float(self.largest)),)


def _rate(found: BatchSizes, size: int) -> str:
    return f"{size / found.step_seconds(size):.3g} samples/s"


def batch_size(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    sizes: Sequence[int] | None = None,
    seconds: float = 20.0,
    seed: int = 0,
    options: Options | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> BatchSizes:
    """Measures speed and memory of training steps at ``sizes``: 8, 12, 16, 24, 32, ... when not given.

    A batch size is tried only when a line through the peaks of the smaller ones says that it fits in four fifths of the
    memory left, so that nothing ends the process; when one runs out of memory nevertheless, some between are tried.
    Timing ends after about ``seconds``. Steps have learning rate 0.

    Raises UsageError when the model cannot train on the smallest batch, or ``sizes`` are not whole numbers between 1
    and the number of training samples.
    """
    start = time.perf_counter()
    task = untouched(task)
    full = task.check(config or {})
    samples = len(task.train)
    wanted = _sizes(sizes, samples)
    device = pick_device((options or Options()).device)
    task.train.source(device), task.validation.source(device)  # data comes before the memory that is left
    left = memory_left(device)
    bench = _Bench(task, full, seed, options, left)
    with own_randomness():
        peaks = bench.peaks(wanted if sizes is not None else wanted[::2])  # those between follow from their line
        if not peaks:
            raise UsageError(
                f"a step at batch size {wanted[0]} does not fit in the {left / 1e6:.3g} MB left; take a smaller model"
            )
        fixed, each = _line(peaks)
        tried = [size for size in wanted if size <= max(peaks)]
        timed = bench.seconds(tried, time.perf_counter() + seconds, on_progress)
        evaluation = bench.evaluation(min(EVALUATED, max(peaks)))
    hand_back()
    # The C library keeps some of what was freed, which larger blocks cannot have; what a step took, it can take again.
    left = max(min(left, memory_left(device)), *peaks.values(), 0.0)
    steps = tuple(Step(s, *timed[s], peaks.get(s, round(fixed + each * s))) for s in sorted(timed))
    fastest = max(s.samples_per_second for s in steps)
    fits = samples if each <= 0 else int(max(max(peaks), min(samples, (SHARE * left - fixed) / each)))
    full_speed = next(s.batch_size for s in steps if s.samples_per_second >= FULL * fastest)
    reason = _too_short([*timed], tried, full_speed)
    return BatchSizes(
        seconds=time.perf_counter() - start,
        reliable=not reason,
        reason=reason,
        config=full,
        steps=steps,
        samples=samples,
        evaluation_seconds=evaluation,
        memory_left=left,
        largest=max(peaks) if bench.refused else fits,
        full_speed=full_speed,
        fixed_bytes=fixed,
        bytes_per_sample=each,
    )


def memory_bound(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    sizes: Sequence[int],
    seed: int = 0,
    options: Options | None = None,
) -> float:
    """The largest batch size that fits, as far as the steps at the two smallest of ``sizes`` tell; 0 where none does.

    Infinite where memory does not grow with the batch. Raises UsageError when the model cannot train on them.
    """
    task = untouched(task)
    full = task.check({**(config or {}), "batch_size": min(sizes)})
    device = pick_device((options or Options()).device)
    task.train.source(device), task.validation.source(device)
    left = memory_left(device)
    bench = _Bench(task, full, seed, options, left)
    with own_randomness():
        peaks = bench.peaks(sorted(set(sizes))[:2])
    if not peaks or bench.refused:
        return float(max(peaks, default=0))
    fixed, each = _line(peaks)
    return math.inf if each <= 0 else max(float(max(peaks)), (SHARE * left - fixed) // each)


def _sizes(given: Sequence[int] | None, samples: int) -> list[int]:
    """The batch sizes to try, rising."""
    if given is not None:
        sizes = sorted(set(given))
        if not sizes or sizes[0] < 1 or sizes[-1] > samples:
            raise UsageError(f"sizes are {list(given)}; give whole numbers between 1 and the {samples} samples")
        return sizes
    smallest = SMALLEST if samples >= 4 * SMALLEST else 2 if samples >= 2 else 1  # batch norm needs two samples
    found, size = set(), smallest
    while size <= samples:
        found |= {size, size * 3 // 2}
        size *= 2
    return sorted(s for s in found if s <= samples)


def _line(peaks: Mapping[int, int]) -> tuple[float, float]:
    """Fixed bytes and bytes per sample, through the two largest batches: what small ones take says little."""
    (a, low), (b, high) = (
        ([(s, float(peaks[s])) for s in sorted(peaks)] * 2)[-2:]
        if len(peaks) > 1
        else [(0, 0.0), *((s, float(p)) for s, p in peaks.items())]
    )
    each = max(0.0, (high - low) / (b - a))
    return high - each * b, each


def _coarse_first(sizes: Sequence[int]) -> list[int]:
    """Every fourth, then what lies between: where time ends the timing, it has come far."""
    return [*sizes[::4], *sizes[2::4], *sizes[1::2]]


def _too_short(timed: Sequence[int], tried: Sequence[int], full_speed: int) -> str:
    """Why the timing says little: it ended at small sizes that were still getting faster; empty where it does not."""
    last = max(timed)
    if last >= tried[-1] / 4 or full_speed <= last / 4:
        return ""
    return (
        f"Not reliable here: time ended the timing at batch size {last} of up to {tried[-1]}, where larger ones were "
        "still faster; give it more seconds."
    )


class _Bench:
    """A fresh training for each batch size, one at a time."""

    def __init__(self, task: Task, config: Config, seed: int, options: Options | None, left: float) -> None:
        self._task, self._config, self._seed, self._options = task, config, seed, options
        self._left = left
        self.refused = 0  #: the smallest batch size that ran out of memory, 0: none did

    def _training(self, size: int) -> Training:
        fixed = {"batch_size": size, "batch_schedule": "constant"}
        return Training(self._task, self._config.replace(**fixed), self._seed, self._options)

    def peaks(self, sizes: Sequence[int]) -> dict[int, int]:
        """Bytes at the peak, of the sizes that fit."""
        found: dict[int, int] = {}
        for size in sizes:
            if len(found) > 1 and sum(a * b for a, b in zip(_line(found), (1, size), strict=True)) > SHARE * self._left:
                break
            if not self._try(size, found):
                break
        while found and self.refused - max(found) > NARROW * max(found):  # the line promised too much
            self._try((max(found) + self.refused) // 2, found)
        return found

    def _try(self, size: int, found: dict[int, int]) -> bool:
        """Adds the peak at ``size`` to ``found``. False when it ran out of memory."""
        try:
            found[size] = measure_memory(self._training(size))
            return True
        except Exception as error:
            if not is_out_of_memory(error):
                raise UsageError(
                    f"a step at batch size {size} fails ({type(error).__name__}: {' '.join(str(error).split())}); "
                    "mend the model, or give sizes without it"
                ) from error
            self.refused = size
        hand_back()  # what the exception held
        return False

    def seconds(
        self, sizes: Sequence[int], until: float, on_progress: Callable[[Progress], None] | None
    ) -> dict[int, tuple[float, float, float, float]]:
        """Seconds of step, forward, backward and update: of the fastest round, since other programs only add to it."""
        found: dict[int, tuple[float, float, float, float]] = {}
        for number in range(ROUNDS):
            order = sorted(found, reverse=number % 2 == 1) if number else _coarse_first(sizes)
            for done, size in enumerate(order):
                if time.perf_counter() > until and found and (number or size not in found):
                    break
                if on_progress is not None:
                    on_progress(Progress(f"batch size {size}", (number + done / len(sizes)) / ROUNDS))
                training = self._training(size)
                if number == 0:
                    found[size] = measure_seconds(training)
                    continue
                with threads(training.threads):
                    faster = min(1.0, loop_seconds(training, size, TIMED) / found[size][0])
                step, forward, backward, update = (faster * part for part in found[size])
                found[size] = (step, forward, backward, update)
        return found

    def evaluation(self, batch: int) -> float:
        """Seconds of what an epoch does besides its steps: random numbers, the validation data, the best weights."""
        training = self._training(int(self._config.batch_size))
        with threads(training.threads):
            return min(evaluation_seconds(training, batch) for _ in range(ROUNDS + 1))
