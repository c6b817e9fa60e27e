"""The recorded sweep of a setting, and how far a suggested lr is from its best."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from luthier.probes._range_test import RangeCurve

FOLDER = Path(__file__).parent / "lr_range"


@dataclass(frozen=True)
class Truth:
    """Means over the seeds at the end of each training."""

    lrs: NDArray[np.float64]
    val_loss: NDArray[np.float64]  #: infinite where a seed diverged
    metric: NDArray[np.float64]  #: accuracy or R squared; 0 where a seed diverged, and not below

    @property
    def best(self) -> float:
        """Lr of the lowest final validation loss."""
        return float(self.lrs[self.val_loss.argmin()])

    def error(self, lr: float) -> float:
        """How far ``lr`` is from the best, in natural logarithms."""
        return abs(math.log(lr / self.best))

    def cost(self, lr: float) -> float:
        """Share of the metric lost against the best lr; between the sweep's lrs the metric is linear in log lr."""
        best = float(self.metric[self.val_loss.argmin()])
        return 1 - float(np.interp(math.log(lr), np.log(self.lrs), self.metric)) / best

    def good(self, lr: float) -> bool:
        """Within a factor 2 of the best lr, or less than 1 % of the metric worse."""
        return self.error(lr) <= math.log(2) or self.cost(lr) < 0.01


def range_tests(name: str) -> list[RangeCurve]:
    """The recorded range tests of a setting."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return [RangeCurve(t["seed"], tuple(t["lrs"]), tuple(t["losses"]), t["exploded"]) for t in document["range_tests"]]


def truth(name: str, seeds: tuple[int, ...] = (0, 1, 2)) -> Truth:
    """The truth of a setting from its file."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    losses, metrics = [], []
    for curves in document["curves"]:
        ends = [curves[seed] for seed in seeds]
        alive = all(c["status"] == "done" for c in ends)
        losses.append(np.mean([c["val_loss"][-1] for c in ends]) if alive else math.inf)
        metrics.append(max(0.0, float(np.mean([c["metric"][-1] for c in ends]))) if alive else 0.0)
    return Truth(np.array(document["lrs"]), np.array(losses), np.array(metrics))
