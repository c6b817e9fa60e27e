"""What a forest of trees scores on a task's data: whether more is to be had than a network has reached."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luthier.task.metrics import is_classification, is_elementwise, make_loss
from luthier.task.task import Task

ROWS, COLUMNS = 2000, 4096  #: at most, so that it takes a second or less
FEWEST = 200  #: training samples; fewer teach trees little
TREES, LEAF = 60, 3
CPU = torch.device("cpu")


def reference_of(task: Task) -> float | None:
    """The validation loss of extremely randomised trees (Geurts et al. 2006) on up to ROWS training samples.

    They need no tuning, and fit what is smooth or jagged without being told. None for data that is not in memory or
    has fewer than FEWEST samples, for inputs that are no single tensor of up to COLUMNS numbers a sample, and for other
    losses than cross-entropy, binary cross-entropy and those of numbers.
    """
    if task.train.targets is None or task.validation.targets is None or len(task.train) < FEWEST:
        return None
    with suppress(Exception):  # a user's data and loss may hold anything; then there is no such level
        train = task.train.sample(CPU, min(ROWS, len(task.train)))
        validation = task.validation.sample(CPU, min(ROWS, len(task.validation)))
        if isinstance(train[0], Tensor) and train[0][0].numel() <= COLUMNS:
            value = _loss_of_trees(make_loss(task.loss), train, validation)
            return value if value is not None and math.isfinite(value) else None
    return None


def _loss_of_trees(loss: Any, train: tuple[Tensor, Tensor], validation: tuple[Tensor, Tensor]) -> float | None:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    inputs, targets = _flat(train[0]), train[1]
    options = {"n_estimators": TREES, "min_samples_leaf": LEAF, "random_state": 0}
    if is_classification(loss) and targets.ndim == 1 and not targets.is_floating_point():
        trees = ExtraTreesClassifier(**options).fit(inputs, targets.numpy())
        share = np.full((len(validation[0]), int(max(targets.max(), validation[1].max())) + 1), 1e-3)
        share[:, trees.classes_] += trees.predict_proba(_flat(validation[0]))
        outputs = torch.tensor(np.log(share / share.sum(1, keepdims=True)), dtype=torch.float32)
    elif targets.is_floating_point() and (isinstance(loss, nn.BCEWithLogitsLoss) or is_elementwise(loss)):
        trees = ExtraTreesRegressor(**options).fit(inputs, targets.reshape(len(targets), -1).squeeze(1).numpy())
        predicted = torch.tensor(trees.predict(_flat(validation[0])), dtype=torch.float32)
        outputs = predicted.reshape(validation[1].shape)
        outputs = torch.logit(outputs, eps=1e-3) if isinstance(loss, nn.BCEWithLogitsLoss) else outputs
    else:
        return None
    return float(loss(outputs, validation[1]))


def _flat(inputs: Tensor) -> NDArray[np.float32]:
    flat: NDArray[np.float32] = inputs.reshape(len(inputs), -1).float().numpy()
    return flat
