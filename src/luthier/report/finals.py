"""What each training would have reached at its last epoch: paused ones are compared fairly with finished ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from luthier.records import Direction
from luthier.report.history import History, Trained

Array = NDArray[np.float64]

FEW = 3  #: trainings that tell how a distance shrinks


def final_values(history: History) -> dict[int, float]:
    """The best metric that each competing training has reached, or would have by its last epoch, by number.

    A training that paused is extrapolated from those that went on from there to where the next one paused, and so on to
    the end: its distance to the study's best value shrinks as did those of the three that were the furthest behind.
    The others of those that went on were chosen for being good, and would flatter it. One that failed counts as the
    worst value seen. Trainings without any evaluation are left out.
    """
    curves = {t.number: _Run(t, history.direction) for t in history.competing}
    shown = {n: run for n, run in curves.items() if len(run.score)}
    if not shown:
        return {}
    best = max(run.score[-1] for run in shown.values())
    worst = min(run.score[-1] for run in shown.values())
    sign = _sign(history.direction)
    failed = {t.number for t in history.competing if t.failed}
    whole = {n: run for n, run in shown.items() if n not in failed}
    factors = _factors(list(whole.values()), best)
    scores = {n: best - (best - float(run.score[-1])) * factors[run.ended] for n, run in whole.items()}
    scores.update(dict.fromkeys(failed, worst))
    return {number: sign * score for number, score in sorted(scores.items())}


class _Run:
    """Best score so far (larger is better) over the share of the epochs."""

    def __init__(self, training: Trained, direction: Direction) -> None:
        metric = np.array(training.curve.column("metric"), dtype=float)
        kept = np.isfinite(metric)
        epochs = training.config.get("epochs")
        length = float(epochs) if isinstance(epochs, (int, float)) and epochs else training.curve.epoch
        self.score: Array = np.maximum.accumulate(_sign(direction) * metric[kept])
        self.share: Array = np.array(training.curve.column("epoch"), dtype=float)[kept] / (length or 1.0)

    @property
    def ended(self) -> float:
        """Where it paused, or 1."""
        return min(1.0, round(float(self.share[-1]), 6))

    def at(self, shares: Array) -> Array:
        """The scores at the last evaluations up to ``shares``; NaN before the first."""
        index = np.searchsorted(self.share, shares + 1e-6) - 1
        return np.where(index >= 0, self.score[np.maximum(index, 0)], np.nan)


def _factors(runs: list[_Run], best: float) -> dict[float, float]:
    """By what a distance to the best shrinks until the end, for every share at which a training ended."""
    shares = np.array(sorted({run.ended for run in runs}))
    behind = best - np.array([run.at(shares) for run in runs]).reshape(len(runs), len(shares))
    last = np.array([run.ended for run in runs])
    factors, product = {}, 1.0
    for j in range(len(shares) - 1, -1, -1):
        if j < len(shares) - 1:
            then, later = behind[last > shares[j]][:, [j, j + 1]].T
            product *= _shrinkage(then, later)
        factors[float(shares[j])] = product
    return factors


def _shrinkage(then: Array, later: Array) -> float:
    """Median factor of the FEW that were the furthest behind; 1 where fewer can tell."""
    known = np.flatnonzero(then > 0)
    if len(known) < FEW:
        return 1.0
    furthest = known[np.argsort(-then[known], kind="stable")[:FEW]]
    return float(np.median(later[furthest] / then[furthest]))


def _sign(direction: Direction) -> float:
    return 1.0 if direction == "maximize" else -1.0
