"""The held-out cases' tasks: other data and other models than those that the rules were made on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor, nn

from diagnosis.tasks import SIZES, Builder, Pair, mlp
from luthier import Task
from luthier.task.digits import digits_data

Change = Callable[[Pair], Pair]
VOCABULARY, LENGTH, TOPICS = 40, 12, 4


def split(
    x: Any,
    y: Any,
    model: Builder | None = None,
    train: Change | None = None,
    validation: Change | None = None,
    samples: int | None = None,
    raw: bool = False,
    name: str = "table",
    metric: str | None = None,
    loss: str | None = None,
    **defaults: Any,
) -> Task:
    """A task on a table, drawn at random into four fifths for training and one for validation.

    Inputs are standardised unless ``raw``; targets that are not classes always.
    """
    order = np.random.default_rng(0).permutation(len(x))[:samples]
    x, y = np.asarray(x, float)[order], np.asarray(y)[order]
    classes = y.dtype.kind in "iu"
    x = x if raw else (x - x.mean(0)) / x.std(0)
    y = y.astype(np.int64) if classes else ((y - y.mean()) / y.std())[:, None].astype(np.float32)
    inputs, targets, cut = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y), len(x) * 4 // 5
    a, b = (inputs[:cut], targets[:cut]), (inputs[cut:], targets[cut:])
    a, b = train(a) if train else a, validation(b) if validation else b
    builder = model or mlp(x.shape[1], int(y.max()) + 1 if classes else 1)
    loss = loss or ("CrossEntropyLoss" if classes else "MSELoss")
    given = {**SIZES, "units": 32, "batch_size": 32, "epochs": 25, **defaults}
    return Task(builder, a, b, loss=loss, metric=metric, defaults=given, name=name)


def wine(**rest: Any) -> Task:
    """178 wines of three growers, 13 measurements."""
    return split(*datasets.load_wine(return_X_y=True), name="wine", **rest)


def cancer(**rest: Any) -> Task:
    """569 tumours, benign or not, 30 measurements."""
    return split(*datasets.load_breast_cancer(return_X_y=True), name="cancer", **rest)


def diabetes(**rest: Any) -> Task:
    """442 patients, ten measurements, the progress of their disease a year later."""
    return split(*datasets.load_diabetes(return_X_y=True), name="diabetes", **rest)


def friedman(number: int, samples: int = 700, noise: float = 0.0, **rest: Any) -> Task:
    """Friedman's second or third function (Friedman 1991) of four inputs."""
    make = {2: datasets.make_friedman2, 3: datasets.make_friedman3}[number]
    return split(*make(samples, noise=noise, random_state=3), name=f"friedman-{number}", **rest)


def clusters(
    samples: int = 800, classes: int = 4, features: int = 16, flipped: float = 0.0, apart: float = 1.5, **rest: Any
) -> Task:
    """Clusters at the corners of a cube (Guyon 2003), two for each class; a share of the labels is random."""
    x, y = datasets.make_classification(
        samples,
        features,
        n_informative=min(features, 8),
        n_redundant=0,
        n_classes=classes,
        flip_y=flipped,
        class_sep=apart,
        random_state=5,
    )
    return split(x, y, name="clusters", **rest)


def rings(samples: int = 700, noise: float = 0.08, **rest: Any) -> Task:
    """A circle within a circle."""
    return split(*datasets.make_circles(samples, noise=noise, factor=0.6, random_state=2), name="rings", **rest)


def roll(samples: int = 700, noise: float = 0.3, **rest: Any) -> Task:
    """Where along a rolled-up sheet a point of space lies."""
    return split(*datasets.make_swiss_roll(samples, noise=noise, random_state=4), name="roll", **rest)


def shells(samples: int = 800, classes: int = 3, **rest: Any) -> Task:
    """A Gaussian cloud cut into concentric shells."""
    x, y = datasets.make_gaussian_quantiles(n_samples=samples, n_features=4, n_classes=classes, random_state=6)
    return split(x, y, name="shells", **rest)


def plane(samples: int = 600, noise: float = 30.0, **rest: Any) -> Task:
    """A linear function of twelve inputs with noise."""
    return split(*datasets.make_regression(samples, 12, noise=noise, random_state=7), name="plane", **rest)


def ten_squares(samples: int = 1500, **rest: Any) -> Task:
    """Whether the squares of ten Gaussian inputs sum up to more than usual (Hastie et al. 2009, example 10.2)."""
    x, y = datasets.make_hastie_10_2(samples, random_state=8)
    return split(x, (y > 0).astype(np.int64), name="ten-squares", **rest)


def conv(samples: int = 600, kinds: int = 10, **rest: Any) -> Task:
    """Digits as pictures for a convolutional network of ``channels``; the first ``kinds`` of them."""
    (x, y), _ = digits_data()
    kept = y < kinds
    pictures = x[kept][:samples].reshape(-1, 8, 8) - 0.3
    given = {"model": small_conv(kinds), "channels": 8, **rest}
    return split(pictures[:, None].numpy(), y[kept][:samples].numpy(), raw=True, name="pictures", **given)


def small_conv(kinds: int) -> Builder:
    """Two convolutions of ``channels``, a maximum over patches, one linear layer."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c = config["channels"]
        convolutions = [nn.Conv2d(1, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.ReLU()]
        return nn.Sequential(*convolutions, nn.MaxPool2d(4), nn.Flatten(), nn.Linear(4 * c, kinds))

    return build


def pooled_conv(config: Mapping[str, Any]) -> nn.Module:
    """One convolution and the mean of the whole picture: no place is left to tell digits apart."""
    c = config["channels"]
    return nn.Sequential(
        nn.Conv2d(1, c, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 10)
    )  # fmt: skip


def tokens(samples: int = 800, mixed: float = 0.5, **rest: Any) -> Task:
    """Which of four topics a text of twelve tokens is about: a share of its tokens are of any topic."""
    draw = np.random.default_rng(9)
    y = draw.integers(TOPICS, size=samples)
    own = draw.integers(VOCABULARY // TOPICS, size=(samples, LENGTH)) + (VOCABULARY // TOPICS) * y[:, None]
    x = np.where(draw.random((samples, LENGTH)) < mixed, draw.integers(VOCABULARY, size=own.shape), own)
    return split(x, y, raw=True, name="tokens", **{"model": bag(), **rest})


def bag(scale: float = 1.0) -> Builder:
    """The mean of the tokens' vectors (first scaled), a hidden layer, an output for each topic."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        return Bag(config["units"], config["dropout"], scale)

    return build


class Bag(nn.Module):
    """A bag of words."""

    def __init__(self, units: int, dropout: float, scale: float) -> None:
        super().__init__()
        self.vectors = nn.Embedding(VOCABULARY, 16)
        self.rest = nn.Sequential(nn.Linear(16, units), nn.ReLU(), nn.Dropout(dropout), nn.Linear(units, TOPICS))
        with torch.no_grad():
            self.vectors.weight *= scale

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.rest(self.vectors(x.long()).mean(1))
        return answer


def leaky(inputs: int, outputs: int) -> Builder:
    """One hidden layer whose ReLU lets ``slope`` of a negative input through."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        return nn.Sequential(
            nn.Linear(inputs, config["units"]), nn.LeakyReLU(config["slope"]), nn.Linear(config["units"], outputs)
        )

    return build


class Gained(nn.Module):
    """A model for ``inputs`` numbers and one target whose output is multiplied by ``gain``."""

    def __init__(self, inputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.inner, self.gain = mlp(inputs, 1)(config), config["gain"]

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.gain * self.inner(x)
        return answer


def ring_sizes(samples: int = 900, noise: float = 0.15, **rest: Any) -> Task:
    """How far out a point of the plane lies, measured with an error."""
    draw = np.random.default_rng(10)
    x = draw.normal(size=(samples, 2))
    y = np.sqrt((x**2).sum(1)) + noise * draw.normal(size=samples)
    return split(x, y, name="ring-sizes", **rest)
