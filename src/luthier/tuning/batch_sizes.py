"""What the batch size costs and what it gains, measured before a search: its time, its memory, its gradient noise."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from optuna.distributions import CategoricalDistribution, IntDistribution

from luthier.probes import epoch_cost, memory_bound, noise_scale
from luthier.probes.epoch_cost import spread
from luthier.records import Belief, EpochCost, Options, Outcome, Point, Status
from luthier.search import USUAL_NOISE_SCALE, quickest_batch
from luthier.training import Training, guarded
from luthier.training.dense import DenseStep
from luthier.tuning.setup import Setup

#: The noise scale is measured after this share of a training; it still grows later.
NOISE_AFTER = 0.125
NOISE_SAMPLES = 1000
#: What torch.func's first use in a process loads, and the seconds of one core that are assumed for it: it takes 2 to 5.
LOADED, LOADING = "torch._dynamo", 5.0


@dataclass(frozen=True)
class Advice:
    """What a search is told of batch sizes."""

    beliefs: tuple[Belief, ...]
    sentences: tuple[str, ...]


def timed_sizes(setup: Setup) -> list[int]:
    """The batch sizes of the space that are timed: all of a choice, some of a range; none where it is fixed."""
    range_ = setup.space.get("batch_size")
    if isinstance(range_, CategoricalDistribution):
        found = [int(size) for size in range_.choices if isinstance(size, (int, float)) and size >= 1]
    elif isinstance(range_, IntDistribution):
        found = spread(max(1, range_.low), range_.high)
    else:
        found = []
    return sorted({size for size in found if size <= len(setup.task.train)})


def noise_loading(setup: Setup, options: Options) -> float:
    """Seconds until the noise scale can be measured at all; a plain stack of layers needs nothing loaded for it."""
    if LOADED in sys.modules:
        return 0.0
    dense: list[bool] = []

    def make() -> Outcome:
        training = Training(setup.task, setup.baseline, options=replace(options, compile=False))
        dense.append(isinstance(training.step, DenseStep))
        return Outcome(Status.DONE)

    guarded(make)  # one that cannot be built is the probe's to tell
    return 0.0 if any(dense) else LOADING


class BatchSizeProbe:
    """The measurements, on the user's own setting. ``own`` are the points of its training, ``lr`` a measured one."""

    def __init__(
        self, setup: Setup, seed: int, options: Options, own: Sequence[Point], lr: float | None = None
    ) -> None:
        self._setup, self._seed, self._own, self._lr = setup, seed, own, lr
        self._options = replace(options, compile=False)  # which would take longer than what is measured
        self._fits = math.inf  #: the largest batch that memory allows, where it is below the range's end

    def timed(self, limit: float) -> EpochCost | None:
        """Seconds of an epoch by batch size; as many as the training of the setting took, at its batch size.

        None where memory does not allow even the smallest two.
        """
        sizes = timed_sizes(self._setup)
        bound = memory_bound(
            self._setup.task, self._setup.baseline, sizes=sizes, seed=self._seed, options=self._options
        )
        self._fits = bound if bound < sizes[-1] else math.inf
        sizes = [size for size in sizes if size <= bound]
        if not sizes:
            return None
        found = epoch_cost(
            self._setup.task, self._setup.baseline, sizes=sizes, limit=limit, seed=self._seed, options=self._options
        )
        return _calibrated(found, self._own, self._setup.task.evaluations_per_epoch)

    def advised(self, cost: EpochCost, *, noise: bool) -> Advice:
        """The batch sizes that bring the loss down in the least time, at the measured noise scale or at a usual one."""
        low, high = self._ends()
        sentences = [
            f"an epoch takes {cost.seconds(low):.2g} s at batch size {low} and {cost.seconds(high):.2g} s at {high}"
        ]
        bound = None if math.isinf(self._fits) else float(self._fits)
        if bound is not None:
            sentences.append(f"memory allows up to {self._fits:.0f}")
        measured = self._noise_scale() if noise else None
        scale = USUAL_NOISE_SCALE if measured is None else measured
        told = "a usual" if measured is None else "the"
        source = f"step times and {told} gradient noise scale ({scale:.0f} samples): the least time to a loss"
        belief = quickest_batch(cost, scale, low, high, source)
        sentences.insert(
            0, f"about {belief.centre:.2g} brings the loss down in the least time; {told} noise scale is {scale:.0f}"
        )
        return Advice((replace(belief, high=bound),), tuple(sentences))

    def _ends(self) -> tuple[int, int]:
        sizes = [size for size in timed_sizes(self._setup) if size <= self._fits]
        return sizes[0], sizes[-1]

    def _noise_scale(self) -> float | None:
        """None where it is not known."""
        baseline = self._setup.baseline
        config = baseline if self._lr is None else baseline.replace(lr=self._lr)
        found = noise_scale(
            self._setup.task,
            config,
            epochs=(max(1.0, round(NOISE_AFTER * config.epochs)),),
            samples=min(NOISE_SAMPLES, max(16, len(self._setup.task.train))),
            seed=self._seed,
            options=self._options,
        )
        middle = found.middle
        return middle.value if found.reliable and middle is not None and math.isfinite(middle.value) else None


def _calibrated(cost: EpochCost, own: Sequence[Point], per_epoch: int) -> EpochCost:
    """``cost`` times a factor that makes it agree with the points of a training: the machine may be busier than then.

    What other programs leave of it is left to all batch sizes alike.
    """
    if not own:
        return cost
    later = own[1:] or own  # until the first evaluation everything has to start
    factor = statistics.median(p.seconds for p in later) * per_epoch / cost.seconds(own[0].batch_size)
    if not 0 < factor < math.inf:
        return cost
    return replace(
        cost,
        step_seconds=tuple(factor * s for s in cost.step_seconds),
        evaluation_seconds=factor * cost.evaluation_seconds,
    )
