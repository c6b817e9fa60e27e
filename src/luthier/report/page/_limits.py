"""What a metric or a loss can be at all, so that no axis shows more."""

from __future__ import annotations

import math

from luthier.report.history import History
from luthier.report.page._draw import Limits
from luthier.report.recommend import range_of
from luthier.task.metrics import NEVER_BELOW_ZERO

#: Losses by the names that tasks note: of classes, and of their functions.
_NEVER_NEGATIVE = {loss.__name__ for loss in NEVER_BELOW_ZERO} | {
    *("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
    *("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"),
}


def metric_limits(history: History) -> Limits:
    """Of the study's metric."""
    return loss_limits(history) if history.metric == "loss" else Limits(*range_of(history))


def loss_limits(history: History) -> Limits:
    """Of the training and the validation loss."""
    losses = [loss for t in history.trainings for p in t.curve for loss in (p.train_loss, p.val_loss)]
    below = any(loss < 0 for loss in losses if math.isfinite(loss))
    return Limits() if below or history.task.get("loss") not in _NEVER_NEGATIVE else Limits(0.0)
