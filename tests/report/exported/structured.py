"""Tuples and dicts of inputs, and tensors that no function makes."""

from random import SystemRandom

import numpy as np
import torch
from torch import nn

from luthier import Task

random = np.random.default_rng(0)
LEFT, RIGHT = random.normal(size=(2, 90, 4))
SUMS = (LEFT * RIGHT).sum(1)


class Both(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.left, self.right, self.last = nn.Linear(4, width), nn.Linear(4, width), nn.Linear(width, 1)

    def forward(self, left, right):
        return self.last((self.left(left) * self.right(right)).relu())[:, 0]


def as_tuple():
    x = torch.arange(360.0).reshape(90, 4).sin()
    return (x, np.cos(2.0 * x.numpy().astype("float64"))), x.sum(1)


def as_dict():
    (left, right), targets = as_tuple()
    return {"right": right, "left": left}, targets


def model(config):
    return Both(config["width"])


tuples = Task(model, as_tuple, loss="mse", metric="mae", defaults={"width": 5})
dicts = Task(model, as_dict, as_dict, loss="mse", defaults={"width": 5})
memory = Task(model, ((LEFT, RIGHT), SUMS), loss="mse", defaults={"width": 4})
half = Task(model, lambda: ((LEFT, RIGHT), SUMS), as_tuple, loss="mse", defaults={"width": 4})
unseeded = Task(
    model,
    lambda: ((torch.randn(90, 4), torch.randn(90, 4)), torch.randn(90)),
    as_tuple,
    loss="mse",
    metric="mse",
    defaults={"width": 4},
)


def another_each_time():
    (left, right), targets = as_tuple()
    return (left, right), targets + SystemRandom().random()


changing = Task(model, another_each_time, as_tuple, loss="mse", defaults={"width": 4})
