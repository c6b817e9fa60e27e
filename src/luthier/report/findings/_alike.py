"""Trainings that differ in one thing, and what they prove."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from luthier.hyperparameters import HYPERPARAMETERS
from luthier.records import Config
from luthier.report.findings._view import Series, View
from luthier.report.history import Trained

#: Learning rates further away than this factor prove nothing about one; nor do those nearer than the second.
FAR, NEAR = 12.0, 1.4
#: Validation losses that are the same: by this factor, or beside another metric by this share of chance.
SAME, TRIFLE = 1.05, 0.05
#: A penalty or a size, unlike the others, limits what a model can fit.
LIMITS = ("weight_decay", "l1", "dropout")


class Verdict(Enum):
    """What other learning rates say about one."""

    BETTER = "one of them does better"
    NO_BETTER = "none of them does better"
    UNTRIED = "none was tried"


def other_rates(view: View, series: Series, lower: bool) -> Verdict:
    """Whether lower (or else higher) learning rates, all else about equal, do better in about as many epochs.

    Better: by more than luck of the score, or where scores tie, by a tenth of the validation loss.
    """
    lr = float(series.training.config.get("lr") or 0.0)
    lowest, score = float(series.val.min()), float(series.score.max())
    tried = []
    for training in view.history.competing:
        other = float(training.config.get("lr") or 0.0)
        ratio = (lr / other if lower else other / lr) if lr > 0 and other > 0 else 0.0
        if NEAR <= ratio <= FAR and near(series.training.config, training.config, {"lr"}, 2.0):
            tried.append(view.series.get(training.number))
    whole = [s for s in tried if s is None or s.training.failed or s.epoch[-1] >= 0.9 * series.epoch[-1]]
    if not whole:
        return Verdict.UNTRIED
    for one in whole:
        if one is None or one.training.failed:
            continue
        gain = float(one.score.max()) - score
        if gain > view.luck or (gain > -view.luck and float(one.val.min()) < 0.9 * lowest):
            return Verdict.BETTER
    return Verdict.NO_BETTER


def as_good(view: View, other: Series, series: Series) -> bool:
    """Whether a training is no worse than another by more than luck, in its score and in its validation loss."""
    near_score = float(other.score.max()) >= float(series.score.max()) - view.luck
    most = SAME * float(series.val.min()) + (TRIFLE * view.chance if view.classes and not series.loss_counts else 0.0)
    return near_score and float(other.val.min()) <= most


def as_able(view: View, series: Series) -> list[Series]:
    """The other settings of a model of the same size and penalties: they differ in how it was trained."""
    trained = {n for n in HYPERPARAMETERS if n not in LIMITS}
    return [
        s
        for s in view.series.values()
        if s.training.config != series.training.config and near(series.training.config, s.training.config, trained, 1.0)
    ]


def same_model(view: View, series: Series) -> list[Series]:
    """The other settings of a model of the same size, whatever penalties they have: that they learn proves it alive."""
    own = series.training.config
    others = [s for s in view.series.values() if s.training.config != own]
    return [s for s in others if near(own, s.training.config, HYPERPARAMETERS, 1.0)]


def bold(training: Trained) -> bool:
    """Whether a learning rate is far above what is usual: 0.001 for Adam's kind, 0.03 without momentum."""
    lr, momentum = training.config.get("lr"), training.config.get("momentum")
    if not isinstance(lr, float):
        return False
    if training.config.get("optimizer") != "SGD":
        return lr >= 0.03
    return lr / (1 - min(0.99, momentum if isinstance(momentum, float) else 0.0)) >= 1.0


def timid(training: Trained) -> bool:
    """Whether a learning rate is well below what is usual; at a usual one it takes more epochs, not larger steps."""
    lr, momentum = training.config.get("lr"), training.config.get("momentum")
    if not isinstance(lr, float):
        return True
    if training.config.get("optimizer") != "SGD":
        return lr < 1e-3
    return lr / (1 - min(0.99, momentum if isinstance(momentum, float) else 0.0)) < 0.03


def penalised(series: Series) -> bool:
    """Whether a penalty is strong for most tasks. AdamW's weight decay is multiplied by lr: there more is usual."""
    config = series.training.config
    decay = 1.0 if config.get("optimizer") == "AdamW" else 0.05
    return any(float(config.get(n) or 0.0) >= least for n, least in (("l1", 1e-3), ("weight_decay", decay)))


def alike(view: View, training: Trained, free: Collection[str], factor: float) -> list[Series]:
    """The competing trainings that differ in ``free``, and else by no more than ``factor``."""
    others = [t for t in view.history.competing if t.number != training.number and t.number in view.series]
    return [view.series[t.number] for t in others if near(training.config, t.config, free, factor)]


def near(a: Config, b: Config, free: Collection[str], factor: float) -> bool:
    """Whether two configs differ in ``free`` alone, or elsewhere by a factor of at most ``factor``."""
    for name in {*a, *b} - {*free}:
        p, q = a.get(name), b.get(name)
        if p == q:
            continue
        if (
            isinstance(p, bool)
            or isinstance(q, bool)
            or not isinstance(p, (int, float))
            or not isinstance(q, (int, float))
        ):
            return False
        if min(p, q) <= 0 or max(p, q) / min(p, q) > factor:
            return False
    return True
