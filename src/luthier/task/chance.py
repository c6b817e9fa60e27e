"""What an answer that ignores the inputs scores: the level that a training has to beat."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from luthier.task.metrics import LossFunction, is_classification, is_elementwise, make_loss
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
    mean's odds, for numbers their mean. None for other losses, data that is not in memory, and a metric that cannot
    take such an answer.
    """
    train, validation = task.train.targets, task.validation.targets
    if train is None or validation is None:
        return None
    loss = make_loss(task.loss)
    answer = _constant(loss, train)
    if answer is None:
        return None
    outputs = answer.expand(len(validation), *answer.shape)
    with suppress(Exception), torch.no_grad():  # the user's metric may need more than a constant
        value = float(loss(outputs, validation))
        metric = value if task.metric is None else float(task.metric(outputs, validation))
        if math.isfinite(value) and math.isfinite(metric):
            return Chance(value, metric, float(loss(answer.expand(len(train), *answer.shape), train)))
    return None


def _constant(loss: LossFunction, targets: Tensor) -> Tensor | None:
    if is_classification(loss) and targets.ndim == 1 and not targets.is_floating_point():
        counts = torch.bincount(targets[targets >= 0])
        return ((counts + 0.5) / (counts + 0.5).sum()).log()  # a class that only validation has costs no infinity
    if not targets.is_floating_point():
        return None
    mean = targets.mean(0)
    if isinstance(loss, nn.BCEWithLogitsLoss):
        return torch.logit(mean, eps=1e-6)
    return mean if is_elementwise(loss) else None
