"""What each training would have reached at its last epoch: paused ones are compared fairly with finished ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from luthier.records import Direction
from luthier.report.history import History, Trained

Array = NDArray[np.float64]


def final_values(history: History) -> dict[int, float]:
    """The best metric that each competing training has reached, or would have by its last epoch, by number.

    A training that paused at a share f of its epochs is extrapolated from those that went on: its distance to the
    study's best value is multiplied by the median factor by which theirs shrank from f to their ends. One that
    failed counts as the worst value seen. Trainings without any evaluation are left out.
    """
    curves = {t.number: _Run(t, history.direction) for t in history.competing}
    shown = {n: run for n, run in curves.items() if len(run.score)}
    if not shown:
        return {}
    best = max(run.score[-1] for run in shown.values())
    worst = min(run.score[-1] for run in shown.values())
    sign = _sign(history.direction)
    failed = {t.number for t in history.competing if t.failed}
    scores = {n: run.score[-1] for n, run in shown.items() if n not in failed}
    longest = sorted(n for n in scores if shown[n].share[-1] > 1 - 1e-6)
    factors: dict[float, float] = {}
    for number in scores:
        share = float(shown[number].share[-1])
        if share not in factors:
            factors[share] = _shrinkage([shown[n] for n in longest], share, best)
        scores[number] = best - (best - scores[number]) * factors[share]
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

    def at(self, share: float) -> float | None:
        """The score at the last evaluation up to ``share``."""
        index = int(np.searchsorted(self.share, share + 1e-9)) - 1
        return float(self.score[index]) if index >= 0 else None


def _shrinkage(longest: list[_Run], share: float, best: float) -> float:
    """Median of final distance to the best over the distance at ``share``; 1 where fewer than 3 can tell."""
    pairs = [(run.at(share), float(run.score[-1])) for run in longest]
    known = [(best - end) / (best - now) for now, end in pairs if now is not None and now < best]
    return float(np.median(known)) if len(known) >= 3 else 1.0


def _sign(direction: Direction) -> float:
    return 1.0 if direction == "maximize" else -1.0
