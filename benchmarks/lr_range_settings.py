"""The settings on which the learning-rate probe is judged: a task and a config each, without lr.

Every second setting, by its place in ``SETTINGS``, calibrated the rules; the others test them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from luthier import Task
from luthier.task.digits import digits_data
from luthier.task.mnist import mnist_train, mnist_validation

LRS = 25
SEEDS = 3
#: Five decades about the usual lr of each optimizer.
RANGES = {"SGD": (1e-4, 10.0), "Adam": (1e-6, 0.1), "AdamW": (1e-6, 0.1)}

Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Setting:
    """A task with all hyperparameters but lr."""

    name: str
    data: str
    model: str
    values: Mapping[str, Any]

    def task(self, mnist_folder: Path) -> Task:
        """The task, with these hyperparameters as its defaults."""
        train, validation = DATA[self.data](mnist_folder)
        regression = self.data == "friedman"
        return Task(
            MODELS[self.model],
            train,
            validation,
            loss="MSELoss" if regression else "CrossEntropyLoss",
            metric="r2" if regression else "accuracy",
            defaults=self.values,
            name=self.name,
        )

    def lrs(self) -> list[float]:
        """The learning rates of the sweep."""
        low, high = RANGES[self.values["optimizer"]]
        return [low * (high / low) ** (i / (LRS - 1)) for i in range(LRS)]


def digits(_: Path) -> tuple[Pair, Pair]:
    """1437 and 360 digits of 8 x 8."""
    return digits_data()


def noisy(_: Path) -> tuple[Pair, Pair]:
    """Digits of which three in ten training labels are random."""
    (inputs, labels), validation = digits_data()
    generator = torch.Generator().manual_seed(0)
    wrong = torch.rand(len(labels), generator=generator) < 0.3
    others = torch.randint(0, 10, (len(labels),), generator=generator)
    return (inputs, torch.where(wrong, others, labels)), validation


@cache
def mnist(folder: Path) -> tuple[Pair, Pair]:
    """The first 2000 and 1000 images of MNIST's training and validation part, averaged to 14 x 14."""
    pairs = []
    for (images, labels), count in ((mnist_train(str(folder)), 2000), (mnist_validation(str(folder)), 1000)):
        small = nn.functional.avg_pool2d(images[:count].reshape(-1, 1, 28, 28), 2).reshape(-1, 196)
        pairs.append((small.clone(), labels[:count].clone()))
    return pairs[0], pairs[1]


def friedman(_: Path) -> tuple[Pair, Pair]:
    """1500 and 500 samples of Friedman's first function (1991, Annals of Statistics 19, section 4.3), unit variance."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(2000, 10, generator=generator)
    y = 10 * torch.sin(math.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y = (y + torch.randn(2000, generator=generator)).unsqueeze(1)
    y = (y - y.mean()) / y.std()
    x = (x - 0.5) * math.sqrt(12)
    return (x[:1500], y[:1500]), (x[1500:], y[1500:])


DATA = {"digits": digits, "noisy": noisy, "mnist": mnist, "friedman": friedman}


def dense(inputs: int, outputs: int, hidden: int = 64) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )


def normed(inputs: int, outputs: int, hidden: int = 64) -> nn.Module:
    layers: list[nn.Module] = []
    for width in (inputs, hidden):
        layers += [nn.Linear(width, hidden), nn.BatchNorm1d(hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, outputs))


def convolutional(side: int, *, norm: bool) -> nn.Module:
    layers: list[nn.Module] = [nn.Unflatten(1, (1, side, side))]
    for before, after in ((1, 8), (8, 16)):
        layers += [nn.Conv2d(before, after, 3, padding=1), *([nn.BatchNorm2d(after)] if norm else []), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * (side // 4) ** 2, 10))


class Transformer(nn.Module):
    """Two layers over the rows of an image."""

    def __init__(self, side: int, *, norm_first: bool, width: int = 32) -> None:
        super().__init__()
        self.side = side
        self.embed = nn.Linear(side, width)
        self.place = nn.Parameter(0.02 * torch.randn(side, width))
        layer = nn.TransformerEncoderLayer(width, 2, 64, 0.0, batch_first=True, norm_first=norm_first)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.embed(images.unflatten(1, (self.side, self.side))) + self.place
        logits: Tensor = self.head(self.layers(tokens).mean(1))
        return logits


MODELS = {
    "dense": lambda config: dense(64, 10),
    "dense-mnist": lambda config: dense(196, 10),
    "dense-regression": lambda config: dense(10, 1),
    "normed": lambda config: normed(64, 10),
    "normed-mnist": lambda config: normed(196, 10),
    "normed-regression": lambda config: normed(10, 1),
    "conv": lambda config: convolutional(8, norm=False),
    "conv-normed": lambda config: convolutional(8, norm=True),
    "conv-mnist": lambda config: convolutional(14, norm=False),
    "transformer": lambda config: Transformer(8, norm_first=True),
    "transformer-post": lambda config: Transformer(8, norm_first=False),
}


def setting(name: str, data: str, model: str, optimizer: str, batch_size: int, epochs: int, **more: Any) -> Setting:
    return Setting(name, data, model, {"optimizer": optimizer, "batch_size": batch_size, "epochs": epochs, **more})


COSINE: dict[str, Any] = {"schedule": "cosine"}
WARM: dict[str, Any] = {"schedule": "cosine", "warmup": 0.1}
SETTINGS = (
    setting("digits-dense-sgd-64", "digits", "dense", "SGD", 64, 20),
    setting("digits-dense-momentum-128", "digits", "dense", "SGD", 128, 20, momentum=0.9, **COSINE),
    setting("digits-dense-adamw-512", "digits", "dense", "AdamW", 512, 30, **COSINE),
    setting("digits-dense-adam-16", "digits", "dense", "Adam", 16, 10),
    setting("digits-conv-momentum-32", "digits", "conv", "SGD", 32, 10, momentum=0.9),
    setting("digits-conv-sgd-16", "digits", "conv", "SGD", 16, 8),
    setting("digits-conv-adam-128", "digits", "conv", "Adam", 128, 16, **COSINE),
    setting("digits-convnorm-adamw-64", "digits", "conv-normed", "AdamW", 64, 8),
    setting("digits-normed-sgd-256", "digits", "normed", "SGD", 256, 20),
    setting("digits-normed-sgd-64", "digits", "normed", "SGD", 64, 16, **COSINE),
    setting("digits-normed-adam-32", "digits", "normed", "Adam", 32, 10),
    setting("digits-normed-adamw-256", "digits", "normed", "AdamW", 256, 20, **COSINE),
    setting("digits-transformer-adamw-64", "digits", "transformer", "AdamW", 64, 8, **WARM),
    setting("digits-transformer-adam-128", "digits", "transformer", "Adam", 128, 10),
    setting("digits-postnorm-momentum-64", "digits", "transformer-post", "SGD", 64, 8, momentum=0.9, **WARM),
    setting("digits-postnorm-adamw-32", "digits", "transformer-post", "AdamW", 32, 6, **WARM),
    setting("mnist-dense-adam-128", "mnist", "dense-mnist", "Adam", 128, 16, **COSINE),
    setting("mnist-dense-sgd-32", "mnist", "dense-mnist", "SGD", 32, 12),
    setting("mnist-conv-adamw-256", "mnist", "conv-mnist", "AdamW", 256, 12),
    setting("mnist-conv-momentum-128", "mnist", "conv-mnist", "SGD", 128, 12, momentum=0.9, **COSINE),
    setting("noisy-dense-sgd-32", "noisy", "dense", "SGD", 32, 16),
    setting("noisy-dense-adamw-64", "noisy", "dense", "AdamW", 64, 16, **COSINE),
    setting("friedman-dense-adam-256", "friedman", "dense-regression", "Adam", 256, 24),
    setting("friedman-dense-sgd-64", "friedman", "dense-regression", "SGD", 64, 20, **COSINE),
)
CALIBRATION, TEST = SETTINGS[0::2], SETTINGS[1::2]
