"""Small tasks and trainings that several test files use."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from luthier.records import Options, Outcome
from luthier.task import Task
from luthier.training import Training

GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(40, 4, generator=GENERATOR)
CLASSES = (INPUTS[:, 0] > 0).long()
NUMBERS = INPUTS @ torch.randn(4, 1, generator=GENERATOR)


def linear(config: Any) -> nn.Module:
    return nn.Linear(4, 2)


def normed(config: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 2))


def classify(model: Callable[[Any], nn.Module] = linear, samples: int = 40, **more: Any) -> Task:
    data = INPUTS[:samples], CLASSES[:samples]
    return Task(model, data, (INPUTS, CLASSES), defaults={"batch_size": 8, "lr": 0.1}, **more)


def regress(**more: Any) -> Task:
    defaults = {"batch_size": 8, "lr": 0.05}
    more = {"loss": "mse", "metric": "r2", **more}
    return Task(lambda config: nn.Linear(4, 1), (INPUTS, NUMBERS), (INPUTS, NUMBERS), defaults=defaults, **more)


def begin(task: Task, **values: Any) -> Training:
    return Training(task, task.config(values), 0, Options(device="cpu"))


def run(task: Task, **values: Any) -> tuple[Training, Outcome]:
    training = begin(task, **values)
    return training, training.advance(training.config.epochs)
