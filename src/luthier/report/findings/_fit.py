"""How well a training fits: too much, too little."""

from __future__ import annotations

import math

import numpy as np

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.report.findings._alike import as_able, penalised
from luthier.report.findings._statistics import noise, ramp, smooth, surely, tail
from luthier.report.findings._view import FEW, Series, Sign, View
from luthier.report.history import Trained

#: A rise of the validation loss above its lowest that matters, as a share of the lowest and of chance.
RISE, RISE_OF_CHANCE = 0.12, 0.03
#: The same where another metric counts: sure answers that are wrong cost more and more, and may change no decision.
RISE_BESIDE, RISE_BESIDE_OF_CHANCE = 0.2, 0.04
#: A training loss this share of chance is high: of classes, and of numbers, which mostly hold noise that no input
#: explains; of a model too small to learn its data by heart; and where a strong penalty is known to hold it up.
HIGH, HIGH_OF_NUMBERS = 0.4, 0.75
HIGH_SMALL, HIGH_SMALL_OF_NUMBERS = 0.25, 0.5
HIGH_HELD, STRONG_DROPOUT = 0.25, 0.6
#: The same where a forest of trees is known to do better: to reach less than this share of the loss.
HIGH_BEATEN, BEATEN = 0.2, 0.8
HIGH_FAR_BEATEN, FAR_BEATEN = 0.05, 0.33
#: Where much noise is left to both: as a share of chance, and of what the training learned.
AHEAD, LEARNS_MORE = 0.08, 1.5
VERY_SMALL, KNOWS = 0.125, 0.5  #: parameters for each target; the share of what a model learned that trees should know
#: Parameters for each target: with fewer than the first a model is small; with more than the second it can learn its
#: data by heart, so that a loss that stays high is of noise in the targets, a penalty or the way it is trained.
SMALL, LARGE = 0.25, 1.0
TINY = 0.1  #: so small that staying at chance is no wonder
FEW_PARAMETERS = 500  #: for each number or label of an answer: a model with more is not small, however large the data
SHARED = 12  #: parameters for each number of an answer: with fewer, the answers share them
#: As shares of what was learned: what a curve that has levelled off still falls in a quarter; a small gap.
LEVEL, GAP = 0.1, 0.25
LEVEL_SMALL = 0.2  #: a fall that a small model does not go on with for long


def overfitting(view: View, series: Series) -> Sign | None:
    """The validation loss, or else the metric, ends well worse than its best; the training loss went on falling."""
    if len(series) < FEW + 1:
        return None
    return _loss_rises(view, series) or _metric_falls(view, series)


def _loss_rises(view: View, series: Series) -> Sign | None:
    val, train = smooth(series.val, 3), smooth(series.train, 3)
    low, last = int(val.argmin()), tail(series.val, 0.1, 3)
    spread = max(noise(series.val), 1e-9)
    rise = float(np.median(last)) - float(val[low]) - spread  # the lowest of many is low by luck too
    error = spread * np.sqrt(1 / len(last) + 1 / 3)
    fell = float(train[low] - np.median(tail(series.train)))
    ratio = rise / max(float(val[low]), 1e-12)
    beside = view.classes and not series.loss_counts
    least, of_chance = (RISE_BESIDE, RISE_BESIDE_OF_CHANCE) if beside else (RISE, RISE_OF_CHANCE)
    if low >= len(val) - 3 or ratio < least or rise < of_chance * view.chance or fell <= 0 or rise < 3 * error:
        return None
    if float(val[low]) > view.chance and view.history.chance is not None:
        return None  # nothing was learned that could be overdone: see shuffled-labels
    confidence = surely(rise, error) * (0.7 + 0.28 * ramp(ratio, least, 0.4))
    end = float(np.median(last))
    slots = {"epoch": float(series.epoch[low]), "low": float(val[low]), "end": end, "rise": end / float(val[low]) - 1}
    return Sign("overfitting", confidence, ramp(ratio, 0, 1) * 0.5 + 0.4, slots, "", series.training.number)


def _metric_falls(view: View, series: Series) -> Sign | None:
    """The metric ends well below its best while the training loss falls, whatever the validation loss does."""
    score, train = smooth(series.score, 5), smooth(series.train, 5)
    high = int(score.argmax())
    last = tail(series.score, 0.15, 3)
    drop = float(score[high] - np.median(last))
    error = noise(series.score) * np.sqrt(1 / len(last) + 1 / 5)
    if high >= 0.8 * len(score) or drop < max(3 * error, 2 * view.luck) or train[-1] > 0.9 * train[high]:
        return None
    slots = {"epoch": float(series.epoch[high]), "metric": view.history.metric, "drop": drop}
    values = {"high": abs(float(score[high])), "end": abs(float(np.median(last)))}
    return Sign("overfitting", surely(drop, error) * 0.92, 0.8, {**slots, **values}, "metric", series.training.number)


def underfitting(view: View, series: Series) -> Sign | None:
    """Training and validation loss level off near each other, both high: against chance, so where that is known."""
    if len(series) < FEW + 2 or series.training.failed or view.history.chance is None:
        return None
    quarter = max(3, len(series) // 4)
    end, before = (float(np.median(v)) for v in (series.train[-quarter:], series.train[-2 * quarter : -quarter]))
    val, val_before = (float(np.median(v)) for v in (series.val[-quarter:], series.val[-2 * quarter : -quarter]))
    learned = view.train_chance - end
    level = min(end / view.train_chance, val / view.chance)  # dropout raises the training loss alone
    held = penalised(series) or float(series.training.config.get("dropout") or 0.0) > STRONG_DROPOUT
    small = capacity(view, series.training) < SMALL
    beaten = _beaten(view, series.training, val)
    if (
        beaten is False
        or level < _high(view, series, held, beaten, val)
        or (learned < 0.03 * view.train_chance and not (held or small))
    ):
        return None
    whole = max(learned, 0.03 * view.train_chance)
    luck = noise(series.val)
    still = LEVEL_SMALL if small else LEVEL
    levelled = abs(before - end) < still * whole and val_before - val < still * whole + luck
    gap = val * view.train_chance / view.chance - end  # each against chance of its own data
    if not levelled or gap > max(GAP * whole, 0.04 * view.chance) + luck or noise(np.log(series.train)) > 0.2:
        return None
    if _can_fit_more(view, series, end, val):
        return None
    others = [float(s.train.min()) for n, s in view.series.items() if n != series.training.number]
    reached = min(others, default=end)
    confidence = 0.6 + 0.25 * ramp(level, HIGH, 0.7) + 0.1 * ramp(end - reached, 0, 0.3 * end)
    slots = {"train": end, "val": val, "chance": view.chance, "level": level, "reached": reached}
    return Sign("underfitting", confidence, 0.8, slots, "", series.training.number)


def _beaten(view: View, training: Trained, val: float) -> bool | None:
    """Whether a forest of trees does clearly better on the same data; None where that was not measured.

    Where it does not, what is left of the loss is taken for noise in the targets; but not of a very small model beside
    trees that know far less: they cannot see what is there.
    """
    reference = view.history.reference
    if reference is None:
        return None
    if capacity(view, training) < VERY_SMALL and view.chance - reference < KNOWS * (view.chance - val):
        return None
    ahead = val - reference > max(AHEAD, 1 / math.sqrt(view.validation or 1)) * view.chance
    more = view.chance - reference > LEARNS_MORE * (view.chance - val)
    return reference < BEATEN * val or (ahead and more)


def _high(view: View, series: Series, held: bool, beaten: bool | None, val: float) -> float:
    """The level from which on a training loss tells that the model, or a penalty on it, is to blame."""
    size = capacity(view, series.training)
    if beaten and (held or size < LARGE):
        return HIGH_FAR_BEATEN if (view.history.reference or math.inf) < FAR_BEATEN * val else HIGH_BEATEN
    if held:
        return HIGH_HELD if view.classes else HIGH_SMALL_OF_NUMBERS
    if size < SMALL:
        return HIGH_SMALL if view.classes else HIGH_SMALL_OF_NUMBERS
    if size >= LARGE:
        return math.inf
    return HIGH if view.classes else HIGH_OF_NUMBERS


def capacity(view: View, training: Trained) -> float:
    """Parameters for each target, at least; between small and large when not known."""
    history, each = view.history, parameters_each(view, training)
    if not math.isfinite(each) or not history.targets:
        return (SMALL + LARGE) / 2
    answers = max(1.0, history.targets / view.samples) if view.samples else 1.0
    if each * history.targets < SHARED * answers:  # as a convolution: every answer is an example of the same
        answers = 1.0
    return max(each, SMALL if each * history.targets >= FEW_PARAMETERS * answers else 0.0)


def parameters_each(view: View, training: Trained) -> float:
    """Parameters for each target; infinite when not known.

    The count is that of the user's own setting. Where sizes are smaller than there, it is taken to fall with their
    squares.
    """
    history, base = view.history, view.history.baseline
    if not history.parameters or not history.targets or base is None:
        return math.inf
    count = float(history.parameters)
    for name in {*base.config, *training.config} - {*HYPERPARAMETERS}:
        now, then = training.config.get(name), base.config.get(name)
        if isinstance(now, int) and isinstance(then, int) and 0 < now < then:
            count *= (now / then) ** 2
    return count / history.targets


def _can_fit_more(view: View, series: Series, end: float, val: float) -> bool:
    """Whether the same model does better, trained otherwise; or fits the training data better, and gains nothing.

    Then the training is to blame, or what is left is noise in the targets, not the size of the model.
    """
    for other in as_able(view, series):
        fitted, best = float(tail(other.train).min()), float(other.val.min())
        if best < 0.8 * val or fitted < 0.8 * end or (fitted < 0.9 * end and best > 0.97 * float(series.val.min())):
            return True
    level = smooth(series.val)
    settled = int(np.argmax(level <= 1.02 * level.min()))
    return not penalised(series) and float(smooth(series.train)[settled]) > 1.08 * end
