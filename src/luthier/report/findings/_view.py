"""A study as the rules see it: whose faults are told, on which scale, against which chance level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luthier.records import Status
from luthier.report.findings._statistics import noise, slope, smooth
from luthier.report.history import History, Trained
from luthier.report.recommend import recommend
from luthier.training.schedules import lr_at

Array = NDArray[np.float64]

NOTHING = 1e-12  #: in place of a chance level of 0, which nothing can be a share of
#: Evaluations below which a curve has no shape.
FEW = 4
#: A first epoch's loss this many times chance comes from the start, not from the labels.
HUGE = 5.0


@dataclass(frozen=True)
class Sign:
    """A fault that a rule sees, before it is put into words.

    ``text`` names the sentence when a code has several; ``slots`` are the sentence's numbers and the evidence.
    """

    code: str
    confidence: float  #: in [0, 1]
    effect: float = 0.5  #: how much it matters, in [0, 1]
    slots: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""  #: the code's own sentence when empty
    training: int | None = None  #: whom it is about


@dataclass(frozen=True)
class Series:
    """The finite points of a training, as columns."""

    training: Trained
    epoch: Array
    train: Array  #: training loss
    val: Array  #: validation loss
    score: Array  #: the metric, with the sign that makes larger better
    lr: Array

    @classmethod
    def of(cls, training: Trained, sign: float) -> Series:
        """The columns of a training."""
        points = [
            p for p in training.curve if all(map(math.isfinite, (p.train_loss, p.val_loss))) and math.isfinite(p.metric)
        ]
        columns = [[getattr(p, n) for p in points] for n in ("epoch", "train_loss", "val_loss", "metric", "lr")]
        epoch, train, val, metric, lr = (np.array(c, dtype=np.float64) for c in columns)
        return cls(training, epoch, train, val, sign * metric, lr)

    def __len__(self) -> int:
        return len(self.epoch)

    @cached_property
    def decayed(self) -> bool:
        """Whether the learning rate has come down to under a fifth of its highest."""
        return self.training.curve.decayed

    def settled(self, slack: float, chance: float) -> int:
        """Index of the point from which neither score nor validation loss get better by more than noise.

        ``slack``: what of the score does not count; of the validation loss it is a tenth, or a small part of its fall
        or of ``chance``. Noise excuses as much again, and no more. The last index where the score still has a trend: a
        curve that jumps has not settled where it was good once.
        """
        level = smooth(self.val)
        least = float(level.min())
        fall = max(0.0, float(self.val[0]) - least)
        least = least if least > 0 else fall  # a likelihood's loss may be negative: only its differences mean anything
        allowed = 0.1 * least if self.loss_counts else 2 * slack
        spare = slack + min(noise(self.score), allowed)
        enough = self.score.max() - slack - min(0.5 * noise(self.score), allowed)
        room = min(0.1 * least, 0.05 * fall) + min(noise(self.val), 0.1 * least)
        room = room if self.loss_counts else max(room, 0.015 * chance)  # what no other metric shows
        best = np.maximum.accumulate(self.score)
        # Nor is it settled where the score was good once, between worse ones, and usually gets better later.
        usual = smooth(self.score, 3)
        steady = (np.minimum(best, smooth(best)) >= enough) & (np.maximum.accumulate(usual) >= usual.max() - spare)
        at = np.flatnonzero(steady & (np.minimum.accumulate(level) <= float(level.min()) + room))
        last = len(self) - 1
        return last if len(at) == 0 or self._goes_on(int(at[0]), max(slack, allowed)) else int(at[0])

    @cached_property
    def loss_counts(self) -> bool:
        """Whether the metric is the validation loss."""
        return bool(np.allclose(self.score, -self.val))

    def _goes_on(self, at: int, slack: float) -> bool:
        """Whether the score has a trend after a point that brings more than ``slack``."""
        x, y = self.epoch[at:], self.score[at:]
        b, _, p = slope(x, y)
        return b > 0 and p < 0.05 and b * float(np.ptp(x)) > slack

    @property
    def stopped(self) -> bool:
        """Whether early stopping ended it."""
        return self.training.outcome is not None and self.training.outcome.status is Status.STOPPED

    @property
    def complete(self) -> bool:
        """Whether it went to its config's last epoch, or stopped by itself."""
        asked = self.training.config.get("epochs")
        whole = isinstance(asked, (int, float)) and self.epoch[-1] >= asked - 1e-9
        return bool(whole) or self.stopped


@dataclass(frozen=True)
class View:
    """A history with what several rules need."""

    history: History

    @cached_property
    def sign(self) -> float:
        """1 when larger metrics are better, else -1."""
        return 1.0 if self.history.direction == "maximize" else -1.0

    @cached_property
    def series(self) -> dict[int, Series]:
        """The curves of all trainings that have a point."""
        made = {t.number: Series.of(t, self.sign) for t in self.history.trainings}
        return {number: series for number, series in made.items() if len(series)}

    @cached_property
    def own(self) -> Trained | None:
        """The user's setting."""
        baseline = self.history.baseline
        return baseline if baseline is not None and baseline.confirms is None else None

    @cached_property
    def winner(self) -> Trained | None:
        """The training that is recommended: the best, or what ties with it on fresh seeds and is cheaper."""
        chosen = recommend(self.history)
        return chosen.training if chosen is not None else None

    @cached_property
    def subjects(self) -> list[Trained]:
        """Whose faults are told: the winner, then the user's own setting when that is another and came to its end."""
        own = self.own if self.own is not None and self.own.over else None
        named = [t for t in (self.winner, own) if t is not None]
        return named[:1] if len(named) == 2 and named[0].number == named[1].number else named

    def who(self, number: int) -> str:
        """``own``, ``winner``, ``recommended`` or ``both``: how a sentence calls a training."""
        own = self.own is not None and self.own.number == number
        won = self.winner is not None and self.winner.number == number
        if own:
            return "both" if won and len(self.history.competing) > 1 else "own"
        best = self.history.winner
        return "recommended" if won and best is not None and best.number != number else "winner"

    @cached_property
    def validation(self) -> int:
        """Number of validation samples; 0 when not known."""
        told = self.history.task.get("validation")
        return int(told[0]) if isinstance(told, list) and told else 0

    @cached_property
    def samples(self) -> int:
        """Number of training samples; 0 when not known."""
        told = self.history.task.get("train")
        return int(told[0]) if isinstance(told, list) and told else 0

    @cached_property
    def chance(self) -> float:
        """The loss of an answer that ignores the inputs; when not known, the median first loss.

        The second is of models that have learned for an epoch: a scale for what is small, and too low for chance. No
        sentence tells it, and no rule takes it for what there is to learn: see ``history.chance`` there.
        """
        if self.history.chance is not None:
            return self.history.chance.loss or NOTHING
        firsts = [s.val[0] for s in self.series.values()]
        return (float(np.median(firsts)) or NOTHING) if firsts else math.nan

    @cached_property
    def train_chance(self) -> float:
        """The training loss of such an answer: few or heavy-tailed samples make it another than on validation data."""
        noted = self.history.chance.train if self.history.chance is not None else None
        return self.chance if noted is None else noted or NOTHING

    @property
    def classes(self) -> bool:
        """Whether the targets are classes, as far as the loss and the metric tell."""
        loss = str(self.history.task.get("loss", ""))
        return loss.startswith(("CrossEntropy", "NLL", "BCE")) or self.history.metric in ("accuracy", "error")

    def best(self, number: int) -> float:
        """A training's best score, larger is better; minus infinity without one."""
        series = self.series.get(number)
        return float(series.score.max()) if series is not None else -math.inf

    @cached_property
    def luck(self) -> float:
        """Standard deviation of a score by the draw of validation samples and by the epoch it was read at."""
        series = self.series.get(self.winner.number) if self.winner is not None else None
        if series is None:
            return 0.0
        top = float(series.score.max())
        if self.history.metric in ("accuracy", "error") and self.validation:
            share = min(1 - 0.5 / self.validation, max(abs(top), 0.5 / self.validation))
            return max(math.sqrt(share * (1 - share) / self.validation), 1 / self.validation)  # a sample is the least
        # A sample's loss has about an exponential distribution, with a heavier tail: deviation 1.5 times the mean.
        return 1.5 * abs(top) / math.sqrt(self.validation) if self.validation else 0.05 * abs(top)

    @cached_property
    def finals(self) -> dict[int, float]:
        """The best scores of the competing trainings."""
        return {t.number: self.best(t.number) for t in self.history.competing if t.number in self.series}


def planned_end(training: Trained) -> float:
    """The learning rate of the last step that the config plans, as a share of its highest."""
    config = training.config
    lrs = [lr_at(config, config.epochs * share) for share in np.linspace(0, 1, 101)[:-1]]
    return float(lrs[-1] / max(lrs))
