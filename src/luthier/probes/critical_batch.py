"""The critical batch size, directly: branches from one checkpoint with growing batches, and where their loss leaves."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from luthier.errors import DataError, UsageError
from luthier.probes._base import Interval, ProbeResult
from luthier.probes._range_test import untouched
from luthier.records import Belief, Config, Options, Status
from luthier.task import Task, derive
from luthier.training import Training, batch_exponent, branch, evaluate, freeze

#: A branch has this many steps at least, or its loss says more of single steps than of the batch size.
MIN_STEPS = 4
MOST_LRS = 8  # tried for a batch size
RESAMPLES = 400  # of the bootstrap


@dataclass(frozen=True)
class Branch:
    """Branches of one batch size at the learning rate that was best for it."""

    batch_size: int
    lr: float
    losses: tuple[float, ...]  #: on the training data at the end, one for each repeat


@dataclass(frozen=True, kw_only=True)
class CriticalBatch(ProbeResult):
    """The batch size at which a sample brings the loss down half as far as in small batches."""

    config: Config
    epoch: float  #: where the branches begin
    start_loss: float  #: on the training data, there
    branches: tuple[Branch, ...]  #: by rising batch size
    value: float  #: in samples; infinite where the loss leaves nowhere
    interval: Interval

    def sentences(self) -> list[str]:
        """The answer in plain words."""
        sizes = f"{self.branches[0].batch_size} to {self.branches[-1].batch_size}" if self.branches else "none"
        what = f"Branches from epoch {self.epoch:g} with batch sizes {sizes}"
        if not self.reliable:
            return [self.reason]
        low, high = self.interval.low, self.interval.high
        percent = f"{100 * self.interval.level:.0f} %"
        return [f"{what}: the critical batch size is {self.value:.3g} samples, {low:.3g} to {high:.3g} ({percent})."]

    def beliefs(self) -> tuple[Belief, ...]:
        """Batch sizes around the critical one, where it is known."""
        if not self.reliable:
            return ()
        wide = max(4.0, self.interval.high / self.value)
        return (Belief("batch_size", self.value, wide, f"critical batch size, branches from epoch {self.epoch:g}"),)


def critical_batch(
    task: Task,
    config: Mapping[str, Any] | None = None,
    *,
    epoch: float = 1.0,
    length: float = 1.0,
    repeats: int = 2,
    level: float = 0.95,
    seed: int = 0,
    options: Options | None = None,
) -> CriticalBatch:
    """Branches from ``epoch`` with batches from the config's on, each twice the last, for ``length`` epochs.

    Branches as in Merrill et al. 2025 (arXiv 2505.23971, section 3): equal samples, from one checkpoint. There lr
    follows by a rule and the answer is the largest batch within a tolerance; here lr starts from the rule and moves by
    factors of 2 to its best, and the answer is the B of ``drop = a / (1 + batch / B)``, the dependence of McCandlish et
    al. 2018 (arXiv 1812.06162, equations 2.7 and 2.8), fitted to the drops of the training loss; so it is the same
    quantity that the noise scale estimates. The interval is the bootstrap's, over ``repeats`` orders of the data.

    The answer is too large where much of a branch's drop is noise that its smaller lr takes away, since batches of all
    sizes gain that alike: a whole epoch of MNIST after the first one gave many times its noise scale.

    Raises DataError where the data is too small, UsageError where the training fails before the branches.
    """
    start = time.perf_counter()
    if repeats < 2:
        raise UsageError(f"repeats is {repeats}; an interval needs 2 or more")
    task = untouched(task)
    full = task.check(config or {})
    trunk_config = full.replace(schedule="constant", warmup=0.0, batch_schedule="constant", patience=None)
    sizes = _sizes(full.batch_size, int(length * len(task.train)))
    trunk = Training(task, trunk_config.replace(epochs=math.ceil(epoch + length)), seed, options)
    outcome = trunk.advance(epoch)
    if outcome.status is not Status.DONE:
        raise UsageError(f"the training before the branches ended: {outcome.message}; take a smaller lr")
    walk = _Walk(trunk, epoch + length, seed, options)
    branches = walk.all(sizes, repeats)
    start_loss = walk.start_loss
    value, interval = _answer(start_loss, branches, level, seed)
    reason = _doubt(value, start_loss, branches)
    return CriticalBatch(
        seconds=time.perf_counter() - start,
        reliable=not reason,
        reason=reason and f"The critical batch size is not reliable here: {reason}.",
        config=full,
        epoch=epoch,
        start_loss=start_loss,
        branches=tuple(branches),
        value=value,
        interval=interval,
    )


def _sizes(first: int, samples: int) -> list[int]:
    """Batch sizes from the first on, each twice the last. Raises DataError for fewer than three."""
    sizes = [first]
    while sizes[-1] * 2 * MIN_STEPS <= samples:
        sizes.append(sizes[-1] * 2)
    if len(sizes) < 3:
        raise DataError(
            f"{samples} samples of a branch are too few for three batch sizes from {first} on with {MIN_STEPS} steps "
            "each; take a smaller batch_size"
        )
    return sizes


class _Walk:
    """Branches from one training, and the best lr of each batch size."""

    def __init__(self, trunk: Training, stop: float, seed: int, options: Options | None) -> None:
        self._trunk, self._stop, self._seed, self._options = trunk, stop, seed, options
        self._parts = copy.deepcopy(freeze(trunk))
        self._exponent = batch_exponent(trunk.config)
        self.start_loss = self._loss(trunk)

    def all(self, sizes: Sequence[int], repeats: int) -> list[Branch]:
        """The branches of all batch sizes, each starting from the lr that the rule gives it from the one before."""
        found: list[Branch] = []
        lr = float(self._trunk.config.lr)
        for size in sizes:
            found.append(self._best(size, lr, repeats))
            lr = found[-1].lr * 2.0**self._exponent
        return found

    def _best(self, size: int, lr: float, repeats: int) -> Branch:
        """The branch with the lowest mean loss, lr moved by factors of 2. All repeats count, or luck would choose."""
        tried = {power: self._repeated(size, lr * 2.0**power, repeats) for power in (-1, 0, 1)}
        while True:
            best = min(tried, key=lambda p: sum(tried[p].losses))
            new = best - 1 if best == min(tried) else best + 1 if best == max(tried) else None
            if new is None or len(tried) == MOST_LRS:
                return tried[best]
            tried[new] = self._repeated(size, lr * 2.0**new, repeats)

    def _repeated(self, size: int, lr: float, repeats: int) -> Branch:
        return Branch(size, lr, tuple(self._run(size, lr, repeat) for repeat in range(repeats)))

    def _run(self, size: int, lr: float, repeat: int) -> float:
        """The training loss at a branch's end; infinite where it diverged."""
        config = self._trunk.config.replace(batch_size=size, lr=lr)
        seed = derive(self._seed, "branch", repeat)
        training = branch(self._trunk.task, config, seed, self._options, self._parts)
        return self._loss(training) if training.advance(self._stop).status is Status.DONE else math.inf

    def _loss(self, training: Training) -> float:
        data = training.task.train.source(training.device)
        return evaluate(training.model, data, training.loss, None, training.options, 4096)[0]


def _answer(start: float, branches: Sequence[Branch], level: float, seed: int) -> tuple[float, Interval]:
    sizes = np.array([b.batch_size for b in branches], float)
    drops = start - np.array([b.losses for b in branches])
    value = fit(sizes, drops.mean(1))
    draw = np.random.default_rng(seed)
    repeats = drops.shape[1]
    widen = math.sqrt(repeats / (repeats - 1))  # a bootstrap of n repeats loses a share 1 / n of the variance
    logs = []
    for _ in range(RESAMPLES):
        picked = np.take_along_axis(drops, draw.integers(repeats, size=drops.shape), 1).mean(1)
        logs.append(math.log(fit(sizes, picked) / value) * widen if math.isfinite(value) else 0.0)
    low, high = np.quantile(logs, [(1 - level) / 2, (1 + level) / 2])
    return value, Interval(value * math.exp(low), value * math.exp(high), level)


def fit(sizes: np.ndarray[Any, np.dtype[np.float64]], drops: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The B with the smallest squares of ``drops - a / (1 + sizes / B)``, between a quarter and 4 times the sizes.

    Drops that are not finite count as none. A is solved for, B is looked for on a fine grid.
    """
    drops = np.where(np.isfinite(drops), np.maximum(drops, 0.0), 0.0)
    grid = np.geomspace(sizes.min() / 4, sizes.max() * 4, 400)
    shapes = 1 / (1 + sizes[None, :] / grid[:, None])
    scale = (shapes @ drops) / (shapes * shapes).sum(1)
    errors = ((drops[None, :] - scale[:, None] * shapes) ** 2).sum(1)
    return float(grid[errors.argmin()])


def _doubt(value: float, start: float, branches: Sequence[Branch]) -> str:
    drops = [start - min(b.losses) for b in branches]
    if not max(drops) > 0:
        return "no branch brought the training loss down; take another lr, or an earlier epoch"
    if value < branches[0].batch_size / 2:
        return f"it lies below the smallest batch, {branches[0].batch_size}; take a smaller batch_size"
    if value > branches[-1].batch_size:
        return f"the loss does not leave by half up to batch size {branches[-1].batch_size}, the largest the data allow"
    return ""
