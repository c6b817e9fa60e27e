"""A regression task as a user may write it: float64 arrays, a fraction that validates, lambdas, helpers, constants."""

import functools
import math as m
from dataclasses import dataclass

import numpy as np
from torch import nn

import luthier
from luthier import Config, Task

FEATURES = 13
SCALES = {"inputs": 2.0, "targets": 1 / 3}  # of the made-up data
#: rows
ROWS = 4 * 50 + 1


@dataclass(frozen=True)
class Curve:
    """Targets are a wave of a linear function."""

    frequency: float = 1.5

    def __call__(self, z):
        return np.sin(self.frequency * z) * m.exp(-0.1)


@functools.cache
def arrays():
    random = np.random.default_rng(3)
    x = random.normal(size=(ROWS, FEATURES)) * SCALES["inputs"]
    return x, Curve()(x.sum(1, keepdims=True)) * SCALES["targets"]


class Residual(nn.Module):
    """x + f(x)."""

    def __init__(self, width: int):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.Tanh())

    def forward(self, x):
        return x + self.inner(x)


def build(config: Config, width: int) -> nn.Module:
    deep = [Residual(width) for _ in range(config.depth)]
    return nn.Sequential(nn.Linear(FEATURES, width), *deep, nn.Dropout(config.get("drop", 0.0)), nn.Linear(width, 1))


def annotated(config: luthier.Config) -> nn.Module:
    return build(config, width=11)


task = Task(
    functools.partial(build, width=11), arrays, 0.3, loss="mse", metric="r2", defaults={"depth": 2, "drop": 0.2}
)
huber = Task(annotated, arrays, 0.25, loss=nn.HuberLoss(delta=0.5), defaults={"depth": 1})
functional = Task(
    lambda config: nn.Sequential(
        nn.Linear(FEATURES, 5),
        nn.Tanh(),  # a comment, and (brackets
        nn.Linear(5, 1),
    ),
    train=lambda: arrays(),
    loss="l1_loss",
    metric=lambda outputs, targets: (outputs - targets).abs().max(), direction="minimize",
)  # fmt: skip
