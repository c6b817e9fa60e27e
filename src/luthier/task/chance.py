"""What an answer that ignores the inputs scores: the level that a training has to beat."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from luthier.task.metrics import LossFunction, is_classification, is_elementwise, make_loss, metric_under
from luthier.task.task import Task


@dataclass(frozen=True)
class Chance:
    """Validation loss and metric of the best constant answer, as the training targets tell it."""

    loss: float
    metric: float
    train: float | None = None  #: its training loss; None: noted by a Luthier that did not measure it


def chance_of(task: Task) -> Chance | None:
    """The chance level of ``task``.

    For class labels the answer is the logarithm of their frequencies, for logits of a binary cross-entropy that of the
    mean's odds, both as the loss weighs classes; for numbers their mean, or median where absolute errors count. None
    for other losses, data that is not in memory, and a metric that cannot take such an answer.
    """
    train, validation = task.train.targets, task.validation.targets
    if train is None or validation is None:
        return None
    loss = make_loss(task.loss)
    answer = _constant(loss, train)
    if answer is None:
        return None
    metric_of = metric_under(task.metric, loss)
    outputs = answer.expand(len(validation), *answer.shape)
    with suppress(Exception), torch.no_grad():  # the user's metric may need more than a constant
        value = float(loss(outputs, validation))
        metric = value if metric_of is None else float(metric_of(outputs, validation))
        if math.isfinite(value) and math.isfinite(metric):
            return Chance(value, metric, float(loss(answer.expand(len(train), *answer.shape), train)))
    return None


def _constant(loss: LossFunction, targets: Tensor) -> Tensor | None:
    if is_classification(loss) and targets.ndim == 1 and not targets.is_floating_point():
        return _log_shares(loss, targets)
    if not targets.is_floating_point():
        return None
    mean = targets.mean(0)
    if isinstance(loss, nn.BCEWithLogitsLoss):
        odds = torch.logit(mean, eps=1e-6)
        return odds if loss.pos_weight is None else odds + loss.pos_weight.to(odds).log()
    if isinstance(loss, nn.L1Loss) or loss is F.l1_loss:
        return targets.median(0).values
    return mean if is_elementwise(loss) else None


def _log_shares(loss: LossFunction, targets: Tensor) -> Tensor:
    """Logarithms of how often each class is, by the loss's weights of classes, its smoothing, and what it ignores."""
    kept = targets[(targets >= 0) & (targets != getattr(loss, "ignore_index", -100))]
    weight = getattr(loss, "weight", None)
    counts = torch.bincount(kept, minlength=0 if weight is None else len(weight)) + 0.5
    counts = counts if weight is None else counts * weight.to(counts)
    shares = counts / counts.sum()  # a class that only validation has costs no infinity
    smoothing = float(getattr(loss, "label_smoothing", 0.0))
    return (((1 - smoothing) * shares) + smoothing / len(shares)).clamp_min(1e-12).log()
