"""The time of an epoch at any batch size, from loops of a few milliseconds: cheap enough to run before any search."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from luthier.errors import UsageError
from luthier.probes._range_test import untouched
from luthier.probes._speed import evaluation_seconds, loop_seconds
from luthier.records import EpochCost, Options
from luthier.task import Task, own_randomness
from luthier.training import Training, threads

#: Rounds of timing, each through all batch sizes: the machine's speed wanders, and what others do only adds to a time.
ROUNDS = 4
#: Seconds of one loop, and of all.
LOOP, LIMIT = 0.02, 1.0
#: Batch sizes that are timed when none are named.
SIZES = 6


def epoch_cost(
    task: Task | str,
    config: Mapping[str, Any] | None = None,
    *,
    sizes: Sequence[int],
    limit: float = LIMIT,
    seed: int = 0,
    options: Options | None = None,
) -> EpochCost:
    """Times training steps at ``sizes`` with learning rate 0, for about ``limit`` seconds.

    Every size gets a step or two even where these take longer; where time is short the larger sizes are left out, but
    for the first. Raises UsageError for sizes that are not whole numbers between 1 and the number of training samples,
    and what the model raises.
    """
    task = untouched(task)
    samples = len(task.train)
    wanted = sorted(set(sizes))
    if not wanted or wanted[0] < 1 or wanted[-1] > samples:
        raise UsageError(f"sizes are {list(sizes)}; give whole numbers between 1 and the {samples} samples")
    best: dict[int, float] = {}
    with own_randomness():
        full = task.check({**(config or {}), "batch_size": wanted[0]})
        training = Training(task, full.replace(batch_schedule="constant"), seed, options)
        with threads(training.threads):
            evaluation = evaluation_seconds(training)  # the first one may load what the metric needs
            until = time.perf_counter() + limit
            for number in range(ROUNDS):
                for size in wanted:
                    if time.perf_counter() < until or not best:
                        best[size] = min(best.get(size, math.inf), loop_seconds(training, size, LOOP))
                if time.perf_counter() < until:
                    again = evaluation_seconds(training)
                    evaluation = min(evaluation, again) if number else again
    timed = sorted(best)
    each = rising([best[size] for size in timed])
    return EpochCost(tuple(timed), each, samples, evaluation * task.evaluations_per_epoch)


def spread(low: int, high: int, count: int = SIZES) -> list[int]:
    """``count`` batch sizes in about equal ratios from ``low`` to ``high``, both included."""
    return sorted({round(size) for size in np.geomspace(low, high, count)})


def rising(seconds: Sequence[float]) -> tuple[float, ...]:
    """The nearest times that never fall: a step of more samples takes no less, so that what falls is noise."""
    return tuple(math.exp(v) for v in isotonic_regression(np.log(seconds)).x)
