"""The unseen cases' tasks: data sets and models of their own, unlike those of the other parts.

Written without knowledge of the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor, nn

from diagnosis.blind_tasks import ACTS, Builder, task
from luthier import Task


def residual(inputs: int, outputs: int, gain: float = 1.0) -> Builder:
    """Normalised residual blocks of ``units``; the branches' last weights are multiplied by ``gain``."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        units = config["units"]
        blocks = [Block(units, ACTS[config["act"]](), config["dropout"], gain) for _ in range(config["layers"])]
        return nn.Sequential(nn.Linear(inputs, units), *blocks, nn.LayerNorm(units), nn.Linear(units, outputs))

    return build


class Block(nn.Module):
    """Adds to its input what two layers make of it."""

    def __init__(self, units: int, act: nn.Module, dropout: float, gain: float) -> None:
        super().__init__()
        first, second = nn.Linear(units, units), nn.Linear(units, units)
        with torch.no_grad():
            second.weight *= gain
        self.branch = nn.Sequential(nn.LayerNorm(units), first, act, nn.Dropout(dropout), second)

    def forward(self, x: Tensor) -> Tensor:
        """The input and the branch's answer together."""
        answer: Tensor = x + self.branch(x)
        return answer


def pooled(outputs: int, side: int = 8, norm: bool = False) -> Builder:
    """Two convolutions of ``channels`` and twice as many, each with a pooling, and a linear layer; for pictures."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c = config["channels"]
        parts: list[nn.Module] = []
        for before, after in ((1, c), (c, 2 * c)):
            parts += [nn.Conv2d(before, after, 3, padding=1), *[nn.BatchNorm2d(after)] * norm]
            parts += [ACTS[config["act"]](), nn.MaxPool2d(2)]
        return nn.Sequential(*parts, nn.Flatten(), nn.Linear(2 * c * (side // 4) ** 2, outputs))

    return build


class Remembering(nn.Module):
    """An LSTM of ``units`` over numbers or symbols; the mean of its states decides."""

    def __init__(self, inputs: int, outputs: int, units: int, symbols: bool) -> None:
        super().__init__()
        self.enter = nn.Embedding(inputs, 8) if symbols else nn.Linear(inputs, 8)
        self.cells, self.last = nn.LSTM(8, units, batch_first=True), nn.Linear(units, outputs)

    @classmethod
    def of(cls, inputs: int, outputs: int, symbols: bool = False) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config["units"], symbols)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each sequence."""
        answer: Tensor = self.last(self.cells(self.enter(x))[0].mean(1))
        return answer


class Encoder(nn.Module):
    """A transformer of ``layers`` of width ``units``, two heads, and the mean over all places."""

    def __init__(self, symbols: int, length: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        units = config["units"]
        self.symbols, self.places = nn.Embedding(symbols, units), nn.Parameter(0.1 * torch.randn(length, units))
        layers = [
            nn.TransformerEncoderLayer(units, 2, 2 * units, config["dropout"], batch_first=True, norm_first=True)
            for _ in range(config["layers"])
        ]
        self.layers, self.last = nn.Sequential(*layers), nn.Linear(units, outputs)

    @classmethod
    def of(cls, symbols: int, length: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(symbols, length, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each sequence."""
        answer: Tensor = self.last(self.layers(self.symbols(x) + self.places).mean(1))
        return answer


class Factors(nn.Module):
    """Vectors of ``units`` for people and films; their product, and what is usual for each, is the rating."""

    def __init__(self, people: int, films: int, units: int) -> None:
        super().__init__()
        self.people, self.films = nn.Embedding(people, units + 2), nn.Embedding(films, units + 2)
        with torch.no_grad():
            for table in (self.people, self.films):
                table.weight *= 0.3

    @classmethod
    def of(cls, people: int, films: int) -> Builder:
        """Its builder."""
        return lambda config: cls(people, films, config["units"])

    def forward(self, x: Tensor) -> Tensor:
        """A rating for each pair."""
        a, b = self.people(x[:, 0]), self.films(x[:, 1])
        answer: Tensor = ((a[:, 2:] * b[:, 2:]).sum(1) + a[:, 0] + b[:, 1])[:, None]
        return answer


def figures(samples: int = 1797, wrong: float = 0.0, **rest: Any) -> Task:
    """The handwritten digits as pictures, some misread, for a convolutional network."""
    x, y = datasets.load_digits(return_X_y=True)
    draw = np.random.default_rng(40)
    y = np.where(draw.random(len(y)) < wrong, draw.integers(10, size=len(y)), y)
    pictures = x[:samples].reshape(-1, 1, 8, 8) / 8.0 - 0.6
    usual = {"model": pooled(10), "channels": 8, "act": "relu", "raw": True}
    return task(pictures, y[:samples], "figures", **{**usual, **rest})


def compressed(samples: int = 1797, **rest: Any) -> Task:
    """A digit from itself through a bottleneck of ``code`` numbers."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        act, units, code = ACTS[config["act"]], config["units"], config["code"]
        return nn.Sequential(
            nn.Linear(64, units),
            act(),
            nn.Linear(units, code),
            act(),
            nn.Linear(code, units),
            act(),
            nn.Linear(units, 64),
        )

    x = datasets.load_digits().data[:samples] / 16.0
    return task(
        x - 0.3, x, "compressed", **{"model": build, "raw": True, "units": 48, "code": 8, "act": "silu", **rest}
    )


def tumours(**rest: Any) -> Task:
    """Benign or malign, from 30 measurements of 569 tumours."""
    return task(*datasets.load_breast_cancer(return_X_y=True), "tumours", **rest)


def progress(**rest: Any) -> Task:
    """The progress of diabetes in 442 people."""
    return task(*datasets.load_diabetes(return_X_y=True), "progress", **rest)


def cultivars(**rest: Any) -> Task:
    """The grape of 178 wines."""
    return task(*datasets.load_wine(return_X_y=True), "cultivars", **rest)


def crescents(samples: int = 1000, noise: float = 0.25, **rest: Any) -> Task:
    """Two interleaved half circles."""
    return task(*datasets.make_moons(samples, noise=noise, random_state=41), "crescents", **rest)


def shells(samples: int = 1200, features: int = 4, classes: int = 3, wrong: float = 0.0, **rest: Any) -> Task:
    """Shells around the middle of a cloud; some are reported wrongly."""
    x, y = datasets.make_gaussian_quantiles(n_samples=samples, n_features=features, n_classes=classes, random_state=42)
    draw = np.random.default_rng(42)
    y = np.where(draw.random(samples) < wrong, draw.integers(classes, size=samples), y)
    return task(x, y, "shells", **rest)


def mixed(
    samples: int = 1000, features: int = 16, classes: int = 3, sep: float = 1.0, wrong: float = 0.01, **rest: Any
) -> Task:
    """Guyon's clusters at the corners of a cube, half of the features useful."""
    x, y = datasets.make_classification(
        samples,
        features,
        n_informative=features // 2,
        n_redundant=features // 4,
        n_classes=classes,
        class_sep=sep,
        flip_y=wrong,
        random_state=43,
    )
    return task(x, y, "mixed", **rest)


def planes(
    samples: int = 800, features: int = 20, useful: int = 10, noise: float = 0.5, ill: float = 1.0, **rest: Any
) -> Task:
    """A linear function, with noise; the inputs' scales fall by the factor ``ill`` from first to last."""
    x, y = datasets.make_regression(samples, features, n_informative=useful, random_state=44)
    y = y / y.std() + noise * np.random.default_rng(44).normal(size=samples)
    if ill != 1.0:
        return task(x * np.geomspace(1.0, 1.0 / ill, features), y, "planes", raw=True, **rest)
    return task(x, y, "planes", **rest)


def circuit(samples: int = 1000, noise: float = 0.1, phase: bool = False, **rest: Any) -> Task:
    """Impedance or phase of an alternating current (Friedman's second and third function), with noise."""
    make = datasets.make_friedman3 if phase else datasets.make_friedman2
    x, y = make(samples, random_state=45)
    y = y / y.std() + noise * np.random.default_rng(45).normal(size=samples)
    return task(x, y, "circuit", **rest)


def houses(samples: int = 1200, noise: float = 0.3, **rest: Any) -> Task:
    """Prices of houses by income, age, rooms, and distance from two cities."""
    draw = np.random.default_rng(46)
    income, age, rooms = draw.lognormal(1.2, 0.4, samples), draw.uniform(1, 50, samples), draw.normal(5, 1, samples)
    place = draw.uniform(0, 10, (samples, 2))
    near = sum(np.exp(-((place - city) ** 2).sum(1) / 8) for city in ([2, 8], [7, 3]))
    price = 0.5 * income + 2 * near + 0.2 * rooms * near - 0.01 * age + noise * draw.normal(size=samples)
    return task(np.column_stack([income, age, rooms, place, draw.normal(size=samples)]), price, "houses", **rest)


def roll(samples: int = 1200, noise: float = 0.05, **rest: Any) -> Task:
    """Where on a rolled-up sheet a point in space lies."""
    x, t = datasets.make_swiss_roll(samples, noise=noise, random_state=47)
    return task(x, t, "roll", **rest)


def ratings(samples: int = 2400, people: int = 40, films: int = 60, noise: float = 0.5, **rest: Any) -> Task:
    """How people rate films, by three tastes, with noise."""
    draw = np.random.default_rng(48)
    x = np.column_stack([draw.integers(people, size=samples), draw.integers(films, size=samples)])
    a, b = draw.normal(size=(people, 3)), draw.normal(size=(films, 3))
    y = (a[x[:, 0]] * b[x[:, 1]]).sum(1) / 3**0.5 + noise * draw.normal(size=samples)
    return task(x, y, "ratings", **{"model": Factors.of(people, films), "units": 3, "metric": "mse", **rest})


def pulse(samples: int = 900, length: int = 16, noise: float = 0.2, **rest: Any) -> Task:
    """The next value of a sum of two waves, with noise; for a recurrent network."""
    draw = np.random.default_rng(49)
    t = np.arange(length + 1)[None]
    phase, speed = draw.uniform(0, 2 * np.pi, (2, samples, 1)), draw.uniform(0.3, 0.9, (samples, 1))
    x = (
        np.sin(speed * t + phase[0])
        + 0.5 * np.sin(2 * speed * t + phase[1])
        + noise * draw.normal(size=(samples, length + 1))
    )
    return task(x[:, :-1, None], x[:, -1], "pulse", **{"model": Remembering.of(1, 1), "raw": True, **rest})


def votes(samples: int = 1000, symbols: int = 4, length: int = 9, wrong: float = 0.0, **rest: Any) -> Task:
    """The most frequent symbol of a sequence, the smallest one of several; for a recurrent network."""
    draw = np.random.default_rng(50)
    x = draw.integers(symbols, size=(samples, length))
    y = np.array([np.bincount(row, minlength=symbols).argmax() for row in x])
    y = np.where(draw.random(samples) < wrong, draw.integers(symbols, size=samples), y)
    return task(x, y, "votes", **{"model": Remembering.of(symbols, symbols, True), **rest})


def greater(samples: int = 1200, symbols: int = 10, length: int = 6, noise: float = 0.3, **rest: Any) -> Task:
    """A sum over a sequence of its symbols' values and of its greatest one, with noise; for a transformer."""
    draw = np.random.default_rng(52)
    x = draw.integers(symbols, size=(samples, length))
    value = draw.normal(size=symbols)[x]
    y = value.mean(1) + value.max(1) + noise * draw.normal(size=samples)
    return task(x, y, "greater", **{"model": Encoder.of(symbols, length, 1), "units": 16, "layers": 1, **rest})
