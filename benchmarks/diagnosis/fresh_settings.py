"""The fresh cases' tasks for searches and healthy studies: data sets and models of their own.

Written without knowledge of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor, nn

from diagnosis.blind_tasks import ACTS, Builder, Recurrent, task
from diagnosis.unseen_tasks import Encoder, pooled
from luthier import Task


class Topic(nn.Module):
    """The mean of the vectors of a document's words, of ``units`` numbers, and a linear layer."""

    def __init__(self, words: int, outputs: int, units: int) -> None:
        super().__init__()
        self.words, self.last = nn.EmbeddingBag(words, units, mode="mean"), nn.Linear(units, outputs)

    @classmethod
    def of(cls, words: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(words, outputs, config["units"])

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each document."""
        answer: Tensor = self.last(self.words(x))
        return answer


class Scaled(nn.Module):
    """A model whose answers are multiplied by ``factor``."""

    def __init__(self, inner: nn.Module, factor: float) -> None:
        super().__init__()
        self.inner, self.factor = inner, factor

    def forward(self, x: Tensor) -> Tensor:
        """The answers, larger."""
        answer: Tensor = self.factor * self.inner(x)
        return answer


def bottleneck(inputs: int, outputs: int) -> Builder:
    """Two layers of ``units`` around one of ``code`` numbers."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        act, units, code = ACTS[config["act"]], config["units"], config["code"]
        into = [nn.Linear(inputs, units), act(), nn.Linear(units, code)]
        return nn.Sequential(*into, nn.Linear(code, units), act(), nn.Linear(units, outputs))

    return build


def filtered(outputs: int, length: int) -> Builder:
    """A convolution of ``channels`` over time with a pooling of four places, and a linear layer."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c = config["channels"]
        first = [nn.Conv1d(1, c, 5, padding=2), ACTS[config["act"]](), nn.MaxPool1d(4), nn.Flatten()]
        return nn.Sequential(*first, nn.Linear(c * (length // 4), outputs))

    return build


def limited(builder: Builder, knob: str, limit: float) -> Builder:
    """The builder, which asks for a petabyte where the hyperparameter ``knob`` is beyond ``limit``."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        if config[knob] > limit:
            torch.empty(1 << 50, dtype=torch.uint8)
        return builder(config)

    return build


def pendulum(samples: int = 1200, noise: float = 0.2, **rest: Any) -> Task:
    """The angle of a damped pendulum after a while, from angle, speed, damping and length; measured with an error."""
    draw = np.random.default_rng(61)
    x = draw.uniform(-1, 1, (samples, 4))
    angle, speed = 2.0 * x[:, 0], 2.0 * x[:, 1]
    for _ in range(60):
        speed = speed + 0.03 * (-3 * np.exp(0.3 * x[:, 2]) * np.sin(angle) - 0.5 * (1 + x[:, 3]) * speed)
        angle = angle + 0.03 * speed
    return task(x, angle / angle.std() + noise * draw.normal(size=samples), "pendulum", **rest)


def topics(
    samples: int = 1200, kinds: int = 4, length: int = 12, words: int = 60, mix: float = 0.7, **rest: Any
) -> Task:
    """The topic of a document, a bag of words; a share ``mix`` of the words is common to all topics."""
    draw = np.random.default_rng(62)
    y = draw.integers(kinds, size=samples)
    usual, own = draw.dirichlet(np.ones(words)), draw.dirichlet(0.3 * np.ones(words), kinds)
    chances = mix * usual + (1 - mix) * own
    x = np.array([draw.choice(words, length, p=chances[k]) for k in y])
    return task(x, y, "topics", **{"model": Topic.of(words, kinds), "units": 16, **rest})


def demand(samples: int = 1000, length: int = 14, noise: float = 0.3, **rest: Any) -> Task:
    """Tomorrow's demand for power after two weeks with a trend and busy days; for a GRU."""
    draw = np.random.default_rng(63)
    day = np.arange(length + 1) + draw.integers(7, size=(samples, 1))
    week = draw.normal(size=(samples, 1)) * np.sin(2 * np.pi * day / 7) - 1.2 * (day % 7 > 4)
    series = week + 0.08 * draw.normal(size=(samples, 1)) * np.arange(length + 1) + noise * draw.normal(size=day.shape)
    return task(series[:, :-1, None], series[:, -1], "demand", **{"model": Recurrent.of(1, 1), "raw": True, **rest})


def genres(samples: int = 1000, features: int = 20, labels: int = 5, blur: float = 1.0, **rest: Any) -> Task:
    """Which of several genres a film has, any number of them, with ambiguous ones."""
    draw = np.random.default_rng(64)
    x = draw.normal(size=(samples, features))
    scores = x @ draw.normal(size=(features, labels)) / features**0.5 + 0.7 * np.tanh(
        x[:, :labels] * x[:, 5 : 5 + labels]
    )
    y = (scores + blur * draw.logistic(size=scores.shape) / 2 > 0).astype(float)
    return task(x, y, "genres", **{"loss": "BCEWithLogitsLoss", "raw": True, **rest})


def pointer(samples: int = 1200, symbols: int = 6, length: int = 6, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether none, one or more symbols of a sequence equal its first one; for a transformer."""
    draw = np.random.default_rng(65)
    x = draw.integers(symbols, size=(samples, length))
    y = np.minimum((x[:, 1:] == x[:, :1]).sum(1), 2)
    y = np.where(draw.random(samples) < wrong, draw.integers(3, size=samples), y)
    return task(x, y, "pointer", **{"model": Encoder.of(symbols, length, 3), "units": 16, "layers": 1, **rest})


def rod(samples: int = 900, points: int = 12, noise: float = 0.3, time: int = 20, **rest: Any) -> Task:
    """The temperatures along a rod after a while, from those at first."""
    draw = np.random.default_rng(66)
    x = draw.normal(size=(samples, points)).cumsum(1)
    x -= x.mean(1, keepdims=True)
    y = x.copy()
    for _ in range(time):
        y[:, 1:-1] += 0.25 * (y[:, 2:] - 2 * y[:, 1:-1] + y[:, :-2]) - 0.01 * y[:, 1:-1] ** 3
    return task(x, y / y.std() + noise * draw.normal(size=y.shape), "rod", **rest)


def hastie(samples: int = 1600, wrong: float = 0.1, **rest: Any) -> Task:
    """Whether ten numbers are large together (Hastie, example 10.2); some are reported wrongly."""
    x, y = datasets.make_hastie_10_2(samples, random_state=67)
    draw = np.random.default_rng(67)
    y = (y > 0).astype(int) ^ (draw.random(samples) < wrong)
    return task(x, y, "hastie", **rest)


def flowers(**rest: Any) -> Task:
    """The kind of 150 irises."""
    return task(*datasets.load_iris(return_X_y=True), "flowers", **rest)


def tens(samples: int = 1797, wrong: float = 0.0, **rest: Any) -> Task:
    """The handwritten digits as 64 numbers, some misread."""
    x, y = datasets.load_digits(return_X_y=True)
    draw = np.random.default_rng(70)
    y = np.where(draw.random(len(y)) < wrong, draw.integers(10, size=len(y)), y)
    return task(x[-samples:] / 16 - 0.3, y[-samples:], "tens", **{"raw": True, **rest})


def strokes(samples: int = 1200, **rest: Any) -> Task:
    """The last six handwritten digits as pictures, for a convolutional network."""
    x, y = datasets.load_digits(return_X_y=True)
    keep = y >= 4
    pictures = x[keep][:samples].reshape(-1, 1, 8, 8) / 8 - 0.6
    return task(
        pictures,
        y[keep][:samples] - 4,
        "strokes",
        **{"model": pooled(6), "channels": 8, "act": "relu", "raw": True, **rest},
    )


def cleaned(samples: int = 900, noise: float = 0.3, **rest: Any) -> Task:
    """A digit from a noisy picture of it, through a bottleneck of ``code`` numbers."""
    x = datasets.load_digits().data[:samples] / 16.0
    noisy = x - 0.3 + noise * np.random.default_rng(71).normal(size=x.shape)
    usual = {"model": bottleneck(64, 64), "raw": True, "units": 48, "code": 12, "act": "relu"}
    return task(noisy, x, "cleaned", **{**usual, **rest})


def beats(samples: int = 900, kinds: int = 3, noise: float = 0.5, length: int = 32, **rest: Any) -> Task:
    """The kind of a heart beat, one or two bumps of some width, under noise; for a convolution over time."""
    draw = np.random.default_rng(72)
    y, t = draw.integers(kinds, size=samples), np.arange(length)
    middle = draw.uniform(9, 23, (samples, 1))
    width, second = np.choose(y[:, None], [1.2, 2.5, 1.2]), (y == 2)[:, None]
    x = np.exp(-(((t - middle) / width) ** 2)) + second * 0.8 * np.exp(-(((t - middle - 6) / 1.5) ** 2))
    x = x + noise * draw.normal(size=x.shape)
    return task(
        x[:, None], y, "beats", **{"model": filtered(kinds, length), "channels": 8, "act": "relu", "raw": True, **rest}
    )


def lineage(samples: int = 800, features: int = 15, noise: float = 0.3, **rest: Any) -> Task:
    """A linear function of many inputs, with noise."""
    draw = np.random.default_rng(73)
    x = draw.normal(size=(samples, features))
    y = x @ draw.normal(size=features) / features**0.5 + noise * draw.normal(size=samples)
    return task(x, y, "lineage", **{"layers": 0, **rest})


def patches(samples: int = 900, classes: int = 4, features: int = 5, spread: float = 1.5, **rest: Any) -> Task:
    """Clouds around random centres, which overlap."""
    x, y = datasets.make_blobs(
        samples, features, centers=classes, cluster_std=spread, center_box=(-3, 3), random_state=74
    )
    return task(x, y, "patches", **rest)


def targets(samples: int = 900, noise: float = 0.15, **rest: Any) -> Task:
    """The inner or the outer one of two circles."""
    return task(*datasets.make_circles(samples, noise=noise, factor=0.5, random_state=75), "targets", **rest)
