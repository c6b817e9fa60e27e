"""What a search found, and how much of it to believe."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import nn

from luthier.errors import UsageError
from luthier.events import BudgetState
from luthier.records import Config, Curve, Direction, Outcome, Point, Prospect, Slice, Status
from luthier.report.recommend import Recommendation
from luthier.task import Task
from luthier.training import own_randomness
from luthier.tuning.budget import Budget


@dataclass(frozen=True)
class Best:
    """A training at its best epoch."""

    training: int
    seed: int
    config: Config
    curve: Curve
    point: Point
    weights: Path | None = None  #: a state_dict, when it was kept
    task: Task | None = field(default=None, repr=False, compare=False)
    #: What it branched from, where that matters: config and seed alone then do not repeat it.
    origin: Slice | None = None
    before: float = 0.0  #: seconds of training and evaluation of what it branched from, up to there

    def load_model(self) -> nn.Module:
        """The model with the best epoch's weights, on the CPU, in evaluation mode. Raises UsageError without them."""
        if self.weights is None or self.task is None:
            missing = "weights were kept" if self.weights is None else "task is known; give it to luthier.load_result"
            raise UsageError(f"the model of training {self.training} cannot be loaded: no {missing}")
        with own_randomness():
            model = self.task.build(self.config)
        model.load_state_dict(torch.load(self.weights, weights_only=True, map_location="cpu"))
        return model.eval()


@dataclass(frozen=True)
class Result:
    """What a search found."""

    best: Best | None  #: None when no training got as far as its first evaluation
    baseline: Best | None  #: the user's own setting, training 0, as far as it was trained
    confirmations: tuple[Point, ...]  #: best points of the winner's setting on fresh seeds
    luck: str  #: one sentence: how much of the score is luck
    metric: str
    direction: Direction
    study_folder: Path
    study_name: str
    trainings: int
    failed: int  #: trainings that diverged, ran out of memory or raised
    repeated: int  #: trainings that ran a setting again on a fresh seed, and did not compete
    epochs: float
    seconds: float  #: wall-clock of the study
    budget: BudgetState
    asked: Budget | None  #: None when the study was only read
    interrupted: bool  #: stopped by the user before the budget was spent
    #: What fresh seeds say to use, and how sure that is; None when nothing was evaluated.
    recommendation: Recommendation | None = None
    #: What going on is expected to bring, said by a search that forecasts (freeze-thaw) as its run ends.
    prospect: Prospect | None = None
    failure: str = ""  #: what the last training that failed said; empty when none did
    baseline_failed: Status | None = None  #: how the user's own setting failed; None where it did not
    exhausted: bool = False  #: the search has nothing left to try: every setting of the space was trained

    @property
    def gain(self) -> float | None:
        """How much better the winner is than the baseline, in the metric's unit, 0 or more; None without a baseline."""
        if self.best is None or self.baseline is None:
            return None
        return abs(self.best.point.metric - self.baseline.point.metric)


@dataclass(frozen=True)
class TrainResult:
    """One training."""

    config: Config
    curve: Curve
    outcome: Outcome
    best: Point | None
    weights: Path | None
    metric: str
    direction: Direction


def luck_sentence(
    best: Best, confirmations: tuple[Point, ...], metric: str, direction: Direction, validation: int, trainings: int
) -> str:
    """How much of the best score is luck: of picking it among ``trainings``, of its seed, of the validation samples."""
    score = best.point.metric
    parts = []
    if len(confirmations) >= 2:
        values = [p.metric for p in confirmations]
        mean, spread = statistics.fmean(values), statistics.stdev(values)
        luck = score - mean if direction == "maximize" else mean - score
        scores = f"{mean:.4g} ± {spread:.2g}" if spread else f"{mean:.4g} each time"
        part = f"about {luck:.2g} of {score:.4g} is" if luck > 0 else f"no part of {score:.4g} is"
        parts.append(
            f"on {len(values)} fresh seeds the same setting scores {scores}, so {part} "
            f"the luck of picking the best of {trainings} trainings"
        )
    elif trainings > 1:
        parts.append(f"{score:.4g} is the best of {trainings} trainings and so partly luck; it was not run again")
    if metric in ("accuracy", "error") and validation:
        margin = _margin(score, validation)
        parts.append(f"with {validation} validation samples any such score is uncertain by ± {margin:.2g} (95 %)")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _margin(share: float, samples: int) -> float:
    """Half the width of Wilson's 95 % interval of a share (Wilson 1927, JASA 22: 209-212)."""
    z = 1.959964
    return z / (1 + z * z / samples) * math.sqrt(share * (1 - share) / samples + z * z / (4 * samples**2))
