"""What a metric or a loss can be at all, so that no axis shows more."""

from __future__ import annotations

import math
from collections.abc import Iterable

from luthier.report.history import History
from luthier.report.page._draw import Limits

_SHARES = ("accuracy", "error", "balanced_accuracy", "f1", "auc")
_ERRORS = ("mse", "mae")
#: Losses that are never negative, by the names that tasks note.
_LOSSES = (
    *("CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"),
    *("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
    *("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
)


def metric_limits(history: History) -> Limits:
    """Of the study's metric. A user's own function may have a known name and another scale: then nothing is known."""
    if history.metric in _SHARES:
        known = Limits(0.0, 1.0)
    elif history.metric == "r2":
        known = Limits(high=1.0)
    elif history.metric == "loss":
        return loss_limits(history)
    else:
        known = Limits(0.0) if history.metric in _ERRORS else Limits()
    return _confirmed(known, (p.metric for t in history.trainings for p in t.curve))


def loss_limits(history: History) -> Limits:
    """Of the training and the validation loss."""
    known = Limits(0.0) if history.task.get("loss") in _LOSSES else Limits()
    return _confirmed(known, (loss for t in history.trainings for p in t.curve for loss in (p.train_loss, p.val_loss)))


def _confirmed(known: Limits, seen: Iterable[float]) -> Limits:
    finite = [value for value in seen if math.isfinite(value)]
    return known if all(known.low <= value <= known.high for value in finite) else Limits()
