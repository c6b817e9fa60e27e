"""Tasks of labels as a user may write them: probabilities of one, and several for each sample."""

import numpy as np
from torch import nn

from luthier import Task


def one():
    inputs = np.random.default_rng(0).normal(size=(60, 4))
    return inputs, (inputs[:, :1] > 0.3).astype(np.float32)


def several():
    inputs, _ = one()
    return inputs, (inputs[:, :3] > 0.3).astype(np.float32)


def probability(config):
    return nn.Sequential(nn.Linear(4, 1), nn.Sigmoid())


probabilities = Task(probability, one, 0.3, loss="BCELoss", metric="accuracy")
labels = Task(lambda config: nn.Linear(4, 3), several, 0.3, loss="BCEWithLogitsLoss", metric="f1")
