"""The gradient noise scale along a training: up to which batch size a larger batch still pays."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from luthier.errors import DataError, UsageError
from luthier.probes._base import ProbeResult, Progress
from luthier.probes._noise_at import MIN_SAMPLES, SAMPLES, NoiseAt, NoiseProbe
from luthier.probes._range_test import untouched
from luthier.probes.critical_batch import CriticalBatch, critical_batch
from luthier.records import Belief, Config, Options, Status
from luthier.task import Task, own_randomness
from luthier.training import Training, threads


@dataclass(frozen=True, kw_only=True)
class NoiseScale(ProbeResult):
    """The (simple) gradient noise scale tr(Sigma) / |G|^2 along a training."""

    config: Config
    points: tuple[NoiseAt, ...]  #: by rising epoch
    samples: int  #: of each measurement
    fallback: str = ""  #: why small and large batches took the place of per-example gradients
    critical: CriticalBatch | None = None  #: the direct answer, where it was asked for

    @property
    def middle(self) -> NoiseAt | None:
        """The point with the middle value after epoch 0, where the noise scale says little of what comes."""
        later = sorted([p for p in self.points if p.epoch > 0] or self.points, key=lambda p: p.value)
        return later[(len(later) - 1) // 2] if later else None

    def sentences(self) -> list[str]:
        """The answer in plain words."""
        told = [self.reason] if self.reason else []
        told += [_told(p) for p in self.points]
        if self.middle is not None and self.reliable:
            told.append(
                f"Batches up to about {self.middle.value:.3g} samples save steps nearly in proportion; larger ones "
                "mostly cost more samples."
            )
        if self.fallback:
            told.append(f"Small and large batches were compared, since per-example gradients fail: {self.fallback}.")
        return told + (self.critical.sentences() if self.critical is not None else [])

    def beliefs(self) -> tuple[Belief, ...]:
        """Batch sizes around the noise scale, where it is known."""
        if not self.reliable or self.middle is None:
            return ()
        wide = self.middle.interval.high / self.middle.value
        source = f"gradient noise scale at epoch {self.middle.epoch:g}, {self.samples} samples"
        return (Belief("batch_size", self.middle.value, max(4.0, wide), source),)


def _told(point: NoiseAt) -> str:
    percent = f"{100 * point.interval.level:.0f} %"
    if math.isinf(point.interval.high):
        return (
            f"Epoch {point.epoch:g}: the noise scale is {point.interval.low:.3g} samples or more ({percent}); "
            "the mean gradient drowns in noise."
        )
    low, high = point.interval.low, point.interval.high
    return f"Epoch {point.epoch:g}: the noise scale is {point.value:.3g} samples, {low:.3g} to {high:.3g} ({percent})."


def noise_scale(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    epochs: Sequence[float] | None = None,
    samples: int = SAMPLES,
    level: float = 0.95,
    critical: bool = False,
    seed: int = 0,
    options: Options | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> NoiseScale:
    """Measures the gradient noise scale before epoch 0 and after ``epochs`` of a training under ``config``.

    McCandlish et al. 2018 (arXiv 1812.06162, section 2.2 and appendix A): tr(Sigma) / |G|^2 in samples, each estimated
    without bias from ``samples`` training samples that count as draws from the population; intervals hold with
    probability ``level``. ``epochs`` are 0, 1, 2, 4 and 8 when not given, up to the config's. The gradients are those
    of the training mode, dropout included. Where an operation refuses per-example gradients (batch norm), small
    batches of 16 take their place. ``critical`` also measures the critical batch size directly, by branches.

    Raises DataError for fewer than 16 samples, UsageError where the training fails or ``samples`` is below 16.
    """
    start = time.perf_counter()
    task = untouched(task)
    full = task.check(config or {})
    marks = _marks(epochs, full)
    _check(task, samples)
    with own_randomness():
        training = Training(task, full, seed, options)
        probe = NoiseProbe(training, samples, level, seed)
        points, reason = [], ""
        for number, mark in enumerate(marks):
            if on_progress is not None:
                on_progress(Progress(f"epoch {mark:g}", number / len(marks)))
            outcome = training.advance(mark)
            if outcome.status is Status.DIVERGED:
                reason = f"the training diverged after epoch {training.epoch:g} at lr {full.lr:g}; take a smaller lr"
                break
            if outcome.status.final and outcome.status is not Status.STOPPED:
                raise UsageError(f"the training ended: {outcome.message}; mend the model or the config")
            with threads(training.threads):
                points.append(probe.measure(training.epoch))
    direct = critical_batch(task, full, seed=seed, options=options) if critical and not reason else None
    reason = reason or _drowned(points)
    return NoiseScale(
        seconds=time.perf_counter() - start,
        reliable=not reason,
        reason=reason and f"Not reliable here: {reason}.",
        config=full,
        points=tuple(points),
        samples=probe.samples,
        fallback=probe.fallback,
        critical=direct,
    )


def _marks(epochs: Sequence[float] | None, config: Config) -> list[float]:
    """0 and the epochs asked for, in order."""
    wanted = [1.0, 2.0, 4.0, 8.0] if epochs is None else epochs
    for epoch in wanted:
        if not 0 <= epoch < math.inf:
            raise UsageError(f"epochs has {epoch}; give numbers of 0 or more, such as (1, 2, 4)")
    return sorted({0.0, *(float(min(e, config.epochs)) for e in wanted)})


def _check(task: Task, samples: int) -> None:
    if samples < MIN_SAMPLES:
        raise UsageError(f"samples is {samples}; a noise scale needs {MIN_SAMPLES} or more")
    if len(task.train) < MIN_SAMPLES:
        raise DataError(
            f"there are {len(task.train)} training samples; a noise scale needs {MIN_SAMPLES} or more, get more data"
        )


def _drowned(points: Sequence[NoiseAt]) -> str:
    """Why no value is known, where none is."""
    later = [p for p in points if p.epoch > 0] or points
    if any(not math.isfinite(p.noise) for p in later):
        return "a gradient is not finite"
    if all(p.noise == 0 for p in later):
        return "the gradient is 0 or the same for all samples"
    if sum(math.isinf(p.interval.high) for p in later) > len(later) / 2:
        return "the mean gradient cannot be told from 0 with so few samples; give more samples or fewer epochs"
    return ""
