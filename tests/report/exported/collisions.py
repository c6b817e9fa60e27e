"""Names that the script needs for itself, or that stand for several things."""

import random

import helpers
import numpy
import torch
import torch.nn.functional as F
from helpers import WIDTH as UNITS
from helpers import Network as Net
from torch import nn as networks

from luthier import Task

LR = 64
EPOCHS = 10
EVALUATIONS = [1]
EVALUATIONS.append(2)
torch_seed = random.Random(0).randrange(9)


def seed_everything():
    return torch.linspace(-1, 1, 160 * LR).reshape(160, LR)


def train():
    inputs = seed_everything().sin()
    return inputs, (inputs.sum(1) > 0).long()


def main():
    inputs = seed_everything().cos()
    return inputs, numpy.asarray((inputs.sum(1) > 0).long())


def evaluate(config):
    rows = helpers.halved(2 * UNITS)
    return networks.Sequential(networks.Linear(LR, rows), Net(rows), networks.Linear(rows, EPOCHS + torch_seed))


def loss_function(outputs, targets):
    return F.cross_entropy(outputs, targets, label_smoothing=0.1)


def accuracy(outputs, targets):
    """Not the one that Luthier has."""
    return -loss_function(outputs, targets)


task = Task(evaluate, train, main, loss=loss_function, metric=accuracy, direction="maximize")
