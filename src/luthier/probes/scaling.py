"""How the best learning rate and the epochs needed follow the batch size of a task."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from luthier.errors import DataError, UsageError
from luthier.probes._base import Interval, ProbeResult, Progress
from luthier.probes._range_test import untouched
from luthier.probes._short import Here, OnPoint, Run
from luthier.probes._slopes import Exponent, Tried, best_lr, epochs_needed, exponent
from luthier.records import Belief, Config, Options, Slice, SliceResult, Status
from luthier.task import Task

#: Batch sizes tried, each twice the one before; three octaves, so that a factor of 1.5 in an lr is 0.2 in alpha.
SIZES = 4
#: Steps that an epoch has at least, at the largest batch.
MIN_STEPS = 8
#: Grid of lr: ratio of neighbours, and how many are tried at most for a batch size.
RATIO, MOST = 2.0, 10
#: An interval of alpha wider than this says nothing: 0 (leave lr) and 1 (linear) would both fit.
WIDEST = 1.0


@dataclass(frozen=True, kw_only=True)
class Scaling(ProbeResult):
    """The exponents of ``lr ~ batch_size^alpha`` and ``epochs needed ~ batch_size^beta``."""

    config: Config
    alpha: Exponent | None
    beta: Exponent | None
    best: tuple[tuple[int, float], ...]  #: (batch size, best lr), by rising batch size
    grid: tuple[Tried, ...]
    results: tuple[SliceResult, ...]  #: the short trainings; a search can continue them

    def lr_at(self, batch_size: int) -> float:
        """The best lr at a batch size, on the line through all that were measured."""
        if self.alpha is None:
            raise UsageError(f"{self.reason} Take a learning rate from 'luthier probe lr'.")
        centre = math.exp(sum(math.log(lr / size**self.alpha.value) for size, lr in self.best) / len(self.best))
        return float(centre * batch_size**self.alpha.value)

    def sentences(self) -> list[str]:
        """The rule in plain words."""
        told = [self.reason] if self.reason else []
        if self.alpha is None or self.beta is None:
            return told
        name, (low, high) = self.config.optimizer, (self.best[0][0], self.best[-1][0])
        percent = f"{100 * self.alpha.interval.level:.0f} %"
        told.append(
            f"When you double the batch, multiply {self.alpha.sentence('lr')}, and {self.beta.sentence('epochs')} "
            f"({name}, batch sizes {low} to {high}, {percent})."
        )
        told.append(f"lr ~ batch_size^{self.alpha.value:.2f}, {_range(self.alpha.interval)}.")
        told.append("Best lr: " + ", ".join(f"{lr:.2g} at {size}" for size, lr in self.best) + ".")
        return told

    def beliefs(self) -> tuple[Belief, ...]:
        """The best lr, following the batch size."""
        if not self.reliable or self.alpha is None:
            return ()
        size = int(self.config.batch_size)
        source = f"short trainings at {len(self.grid)} batch sizes, {len(self.results)} in all"
        return (
            Belief(
                "lr",
                self.lr_at(size),
                RATIO,
                source,
                given={"optimizer": self.config.optimizer},
                follows={"batch_size": self.alpha.value},
                at={"batch_size": float(size)},
            ),
        )


def _range(interval: Interval) -> str:
    return f"{interval.low:.2f} to {interval.high:.2f}"


def scaling(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    batch_sizes: Sequence[int] | None = None,
    epochs: int | None = None,
    repeats: int = 3,
    level: float = 0.9,
    seed: int = 0,
    options: Options | None = None,
    run: Run | None = None,
    first_training: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    on_point: OnPoint | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Scaling:
    """Measures how the best lr and the epochs needed follow the batch size, by short trainings on a small grid.

    At each of ``batch_sizes`` (four around the config's when not given) trainings of ``epochs`` (an eighth of the
    config's, 2 or more) run at learning rates in ratios of 2 until the lowest validation loss lies between two higher
    ones, each ``repeats`` times on fresh seeds. The exponents are slopes in logarithms, as in Shallue et al. 2019
    (arXiv 1811.03600, section 4.7, where no rule fits all tasks); the intervals are the bootstrap's over the repeats.
    ``run`` runs the slices elsewhere; they are numbered from ``first_training`` on.

    Raises DataError for too little data, UsageError where a training fails.
    """
    start = time.perf_counter()
    task = untouched(task)
    full = task.check(config or {})
    sizes = _sizes(task, full, batch_sizes)
    stop = float(min(full.epochs, epochs or max(2, round(full.epochs / 8))))
    here = run or Here(task, options, on_point, interrupted)
    search = _Grid(full, stop, seed, repeats, here, first_training)
    grid: list[Tried] = []
    for number, size in enumerate(sizes):
        if on_progress is not None:
            on_progress(Progress(f"batch size {size}", number / len(sizes)))
        grid.append(search.tried(size))
        if search.interrupted:
            break
    reason = "it was interrupted" if search.interrupted else _doubt(grid)
    alpha = beta = None
    best: tuple[tuple[int, float], ...] = ()
    if not reason:
        every = range(repeats)
        best = tuple((t.batch_size, best_lr(t, every)) for t in grid)
        per_epoch = task.evaluations_per_epoch
        alpha = exponent(grid, lambda p: [best_lr(t, q) for t, q in zip(grid, p, strict=True)], level, seed)
        beta = exponent(grid, lambda p: epochs_needed(grid, p, per_epoch), level, seed)
        if alpha.interval.high - alpha.interval.low > WIDEST:
            reason = f"alpha may be anything from {_range(alpha.interval)}; give more repeats or epochs"
    return Scaling(
        seconds=time.perf_counter() - start,
        reliable=not reason,
        reason=reason and f"How lr follows the batch size is not reliable here: {reason}.",
        config=full,
        alpha=alpha,
        beta=beta,
        best=best,
        grid=tuple(grid),
        results=tuple(search.results),
    )


def _sizes(task: Task, config: Config, given: Sequence[int] | None) -> list[int]:
    """The batch sizes, rising. Raises DataError or UsageError when there are fewer than three."""
    if given is not None:
        sizes = sorted(set(given))
        if len(sizes) < 3 or sizes[0] < 1 or sizes[-1] > len(task.train):
            raise UsageError(
                f"batch_sizes are {list(given)}; give three or more different ones between 1 and the "
                f"{len(task.train)} training samples"
            )
        return sizes
    largest = max(1, min(4 * int(config.batch_size), len(task.train) // MIN_STEPS))
    sizes = sorted({largest // 2**k for k in range(SIZES)} - {0, 1})
    if len(sizes) < 3:
        raise DataError(
            f"there are {len(task.train)} training samples, too few for three batch sizes with {MIN_STEPS} steps an "
            "epoch each; give batch_sizes"
        )
    return sizes


class _Grid:
    """Short trainings, batch size by batch size; each begins to look where the one before found its best lr."""

    def __init__(self, config: Config, stop: float, seed: int, repeats: int, run: Run, first: int) -> None:
        self._config, self._stop, self._run, self._next = config, stop, run, first
        self._seeds = range(seed, seed + repeats)
        self._lr = float(config.lr)
        self._near = False
        self.results: list[SliceResult] = []

    @property
    def interrupted(self) -> bool:
        """Whether a slice was ended from outside."""
        return any(r.outcome.status is Status.PAUSED for r in self.results)

    def tried(self, size: int) -> Tried:
        """The grid of one batch size, grown until its lowest mean loss is inside."""
        found: dict[int, list[SliceResult]] = {}
        step = 1 if self._near else 2  # the first lr may be far off
        self._train(size, (-step, 0, step), found)
        while len(found) < MOST and not self.interrupted:
            new = self._wanted(found)
            if not new:
                break
            self._train(size, new, found)
        powers = sorted(found)
        if not self._near:  # ratios of 4 on the way, ratios of 2 in the end
            powers = [p for p in powers if abs(p - self._best(found)) <= 2]
            powers = [p for p in powers if p + 1 in powers or p - 1 in powers]
        self._lr, self._near = self._lr * RATIO ** self._best(found), True
        return Tried(
            size,
            tuple(float(found[p][0].slice.config.lr) for p in powers),
            tuple(tuple(_final(r) for r in found[p]) for p in powers),
            tuple(tuple(_losses(r, self._stop) for r in found[p]) for p in powers),
        )

    def _best(self, found: Mapping[int, Sequence[SliceResult]]) -> int:
        return min(found, key=lambda p: (sum(_final(r) for r in found[p]), abs(p)))

    def _wanted(self, found: Mapping[int, Sequence[SliceResult]]) -> list[int]:
        """The powers to try next: farther out while the best is at an end, then its nearest neighbours."""
        best = self._best(found)
        if best in (min(found), max(found)) and not (self._near and len(found) > MOST - 2):
            stride = 1 if self._near else 2
            return [best - stride] if best == min(found) else [best + stride]
        return [p for p in (best - 1, best + 1) if p not in found]

    def _train(self, size: int, powers: Sequence[int], found: dict[int, list[SliceResult]]) -> None:
        cuts = []
        for power in powers:
            config = self._config.replace(batch_size=size, lr=self._lr * RATIO**power)
            for seed in self._seeds:
                cuts.append(Slice(self._next, config, 0.0, self._stop, seed, {"power": power}))
                self._next += 1
        for result in self._run(cuts):
            if result.outcome.status in (Status.FAILED, Status.OUT_OF_MEMORY):
                raise UsageError(
                    f"a training at lr {result.slice.config.lr:g} and batch_size {size} ended: "
                    f"{result.outcome.message}; mend the model or take other batch sizes"
                )
            self.results.append(result)
            found.setdefault(int(result.slice.note["power"]), []).append(result)


def _final(result: SliceResult) -> float:
    """The last validation loss; infinite where the training diverged."""
    over = result.outcome.status is Status.DIVERGED or not result.points
    return math.inf if over else result.points[-1].val_loss


def _losses(result: SliceResult, stop: float) -> tuple[float, ...]:
    """The validation losses up to ``stop``; a training that ended before keeps its last."""
    losses = [p.val_loss for p in result.points] or [math.inf]
    per_epoch = round(1 / result.points[0].epoch) if result.points else 1
    return tuple(losses + [losses[-1]] * (round(stop * per_epoch) - len(losses)))


def _doubt(grid: Sequence[Tried]) -> str:
    """Why no slope can be had, where that is so."""
    for tried in grid:
        losses = tried.mean(range(len(tried.losses[0])))
        at = int(losses.argmin())
        if not math.isfinite(losses[at]):
            return f"every training at batch size {tried.batch_size} diverged; take a smaller lr"
        if not 0 < at < len(losses) - 1:
            return (
                f"at batch size {tried.batch_size} the loss was lowest at the last lr tried, {tried.lrs[at]:.2g}; take "
                "another lr to begin with"
            )
        if losses.max() == losses.min():
            return f"at batch size {tried.batch_size} the loss is the same for every lr"
    return ""
