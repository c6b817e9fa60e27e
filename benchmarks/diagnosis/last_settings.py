"""The last cases' tasks for searches and healthy studies: data sets and models of their own.

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


class Residual(nn.Module):
    """``layers`` residual blocks of width ``units``, each with a layer norm."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        units, act = config["units"], ACTS[config["act"]]
        self.enter, self.last = nn.Linear(inputs, units), nn.Linear(units, outputs)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(units), nn.Linear(units, units), act(), nn.Linear(units, units))
            for _ in range(config["layers"])
        )

    @classmethod
    def of(cls, inputs: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each row."""
        h = self.enter(x)
        for block in self.blocks:
            h = h + block(h)
        answer: Tensor = self.last(h)
        return answer


class Categories(nn.Module):
    """A vector of four numbers for each category of each column, and a hidden layer of ``units``."""

    def __init__(self, sizes: tuple[int, ...], outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, 4) for size in sizes)
        units = config["units"]
        self.rest = nn.Sequential(nn.Linear(4 * len(sizes), units), ACTS[config["act"]](), nn.Linear(units, outputs))

    @classmethod
    def of(cls, sizes: tuple[int, ...], outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(sizes, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each row."""
        found = [table(x[:, k]) for k, table in enumerate(self.tables)]
        answer: Tensor = self.rest(torch.cat(found, 1))
        return answer


class Together(nn.Module):
    """A network of ``units`` for each member of a set, the mean, and another network (Zaheer et al. 2017)."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        units, act = config["units"], ACTS[config["act"]]
        self.each = nn.Sequential(nn.Linear(inputs, units), act(), nn.Linear(units, units), act())
        self.all = nn.Sequential(nn.Linear(units, units), act(), nn.Linear(units, outputs))

    @classmethod
    def of(cls, inputs: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each set."""
        answer: Tensor = self.all(self.each(x).mean(1))
        return answer


class Twins(nn.Module):
    """The same hidden layer of ``units`` for two pictures, and a linear layer on both."""

    def __init__(self, inputs: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        units, act = config["units"], ACTS[config["act"]]
        self.both = nn.Sequential(nn.Linear(inputs, units), act())
        self.last = nn.Sequential(nn.Linear(2 * units, units), act(), nn.Linear(units, outputs))

    @classmethod
    def of(cls, inputs: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each pair."""
        answer: Tensor = self.last(self.both(x).flatten(1))
        return answer


class Listener(nn.Module):
    """A recurrent network of ``units`` on symbols, read off at the end."""

    def __init__(self, symbols: int, outputs: int, units: int) -> None:
        super().__init__()
        self.enter, self.cells = nn.Embedding(symbols, 6), nn.GRU(6, units, batch_first=True)
        self.last = nn.Linear(units, outputs)

    @classmethod
    def of(cls, symbols: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(symbols, outputs, config["units"])

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each sequence."""
        answer: Tensor = self.last(self.cells(self.enter(x))[0][:, -1])
        return answer


class Chooser(nn.Module):
    """Symbols with places, one query that attends to them all, and a hidden layer of ``units``."""

    def __init__(self, symbols: int, length: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        units = config["units"]
        self.symbols, self.places = nn.Embedding(symbols, units), nn.Parameter(0.1 * torch.randn(length, units))
        self.look, self.query = nn.MultiheadAttention(units, 2, batch_first=True), nn.Parameter(torch.randn(1, units))
        self.last = nn.Sequential(nn.Linear(units, units), ACTS[config["act"]](), nn.Linear(units, outputs))

    @classmethod
    def of(cls, symbols: int, length: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(symbols, length, outputs, config)

    def forward(self, x: Tensor) -> Tensor:
        """The answer for each sequence."""
        h = self.symbols(x) + self.places
        query = self.query.expand(len(x), 1, -1)
        answer: Tensor = self.last(self.look(query, h, h, need_weights=False)[0][:, 0])
        return answer


def strided(dimensions: int, outputs: int, places: int) -> Builder:
    """Two convolutions of ``channels`` with steps of two, and a linear layer on their ``places``."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c, act = config["channels"], ACTS[config["act"]]
        conv = (nn.Conv1d, nn.Conv2d)[dimensions - 1]
        layers = [conv(1, c, 3, stride=2, padding=1), act(), conv(c, c, 3, stride=2, padding=1), act(), nn.Flatten()]
        return nn.Sequential(*layers, nn.Linear(c * places, outputs))

    return build


def beyond(builder: Builder, knob: str, limit: float) -> Builder:
    """The builder, which asks for more memory than there is where the hyperparameter ``knob`` is above ``limit``."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        if config[knob] > limit:
            torch.empty(1 << 51, dtype=torch.uint8)
        return builder(config)

    return build


def weather(samples: int = 1600, noise: float = 0.3, steps: int = 40, **rest: Any) -> Task:
    """The state of a convecting layer of air a while later (Lorenz 1963), measured with an error."""
    draw = np.random.default_rng(81)
    x = draw.normal(size=(samples, 3)) * [8, 9, 8] + [0, 0, 24]
    now = x.copy()
    for _ in range(steps):
        a, b, c = now.T
        now = now + 0.005 * np.stack([10 * (b - a), a * (28 - c) - b, a * b - 8 / 3 * c], 1)
    return task(x, now / now.std(0) + noise * draw.normal(size=x.shape), "weather", **rest)


def clicks(samples: int = 3000, sharp: float = 1.0, **rest: Any) -> Task:
    """Whether an advertisement is clicked on, by its kind, the reader's, the hour and the place."""
    draw = np.random.default_rng(82)
    sizes = (20, 12, 24, 6)
    x = np.column_stack([draw.integers(size, size=samples) for size in sizes])
    of = [draw.normal(size=(size, 3)) for size in sizes]
    a, b, c, d = (table[x[:, k]] for k, table in enumerate(of))
    score = sharp * ((a * b).sum(1) + a[:, 0] + 0.5 * c[:, 1] + d[:, 2] - 0.5)
    y = (draw.logistic(size=samples) < score).astype(int)
    return task(x, y, "clicks", **{"model": Categories.of(sizes, 2), **rest})


def brackets(samples: int = 1600, length: int = 10, wrong: float = 0.0, **rest: Any) -> Task:
    """How deep brackets are nested at most in a random text of them: one, two, three or more."""
    draw = np.random.default_rng(84)
    x = draw.integers(2, size=(samples, length))
    y = np.clip(np.cumsum(2 * x - 1, 1).max(1), 1, 4) - 1
    y = np.where(draw.random(samples) < wrong, draw.integers(4, size=samples), y)
    return task(x, y, "brackets", **{"model": Listener.of(2, 4), "units": 16, **rest})


def spots(samples: int = 1400, noise: float = 0.3, wrong: float = 0.0, **rest: Any) -> Task:
    """How many bright spots a noisy picture of 12 x 12 has, none to three."""
    draw = np.random.default_rng(85)
    y = draw.integers(4, size=samples)
    i, j = np.mgrid[:12, :12]
    x = noise * draw.normal(size=(samples, 12, 12))
    for k in range(3):
        at = draw.uniform(1, 11, (2, samples, 1, 1))
        x += (y > k)[:, None, None] * np.exp(-((i - at[0]) ** 2 + (j - at[1]) ** 2) / 2)
    y = np.where(draw.random(samples) < wrong, draw.integers(4, size=samples), y)
    usual = {"model": strided(2, 4, 9), "channels": 12, "act": "relu", "raw": True}
    return task(x[:, None], y, "spots", **{**usual, **rest})


def tone(samples: int = 1400, noise: float = 0.5, error: float = 0.3, **rest: Any) -> Task:
    """How high a tone is that is heard under noise; for a convolution over time."""
    draw = np.random.default_rng(86)
    pitch, phase = draw.uniform(0.3, 1.5, (samples, 1)), draw.uniform(0, 2 * np.pi, (samples, 1))
    x = np.sin(pitch * np.arange(24) + phase) + noise * draw.normal(size=(samples, 24))
    y = (pitch[:, 0] - 0.9) / 0.35 + error * draw.normal(size=samples)
    usual = {"model": strided(1, 1, 6), "channels": 12, "act": "gelu", "raw": True}
    return task(x[:, None], y, "tone", **{**usual, **rest})


def swarms(samples: int = 1400, members: int = 8, noise: float = 0.3, **rest: Any) -> Task:
    """How far a swarm is spread out, with an error; for a network on sets."""
    draw = np.random.default_rng(87)
    width = draw.uniform(0.3, 1.5, (samples, 1, 1))
    x = width * draw.normal(size=(samples, members, 2)) + draw.normal(size=(samples, 1, 2))
    y = np.log(x.var(1).sum(1))
    y = (y - y.mean()) / y.std() + noise * draw.normal(size=samples)
    return task(x, y, "swarms", **{"model": Together.of(2, 1), "act": "relu", "raw": True, **rest})


def larger(samples: int = 2000, wrong: float = 0.0, **rest: Any) -> Task:
    """Which of two handwritten digits is the larger one, the first, the second or none; some are told wrongly."""
    draw = np.random.default_rng(88)
    pictures, digits = datasets.load_digits(return_X_y=True)
    pairs = draw.integers(len(digits), size=(samples, 2))
    y = np.sign(digits[pairs[:, 0]] - digits[pairs[:, 1]]).astype(int) + 1
    y = np.where(draw.random(samples) < wrong, draw.integers(3, size=samples), y)
    x = pictures[pairs] / 16 - 0.3
    return task(x, y, "larger", **{"model": Twins.of(64, 3), "act": "relu", "raw": True, **rest})


def temple(samples: int = 1600, noise: float = 0.2, side: int = 5, **rest: Any) -> Task:
    """A pixel of a photograph from those around it, all measured with an error."""
    draw = np.random.default_rng(89)
    picture = datasets.load_sample_image("china.jpg").mean(2)[::2, ::2] / 128 - 1
    i, j = draw.integers(picture.shape[0] - side, size=samples), draw.integers(picture.shape[1] - side, size=samples)
    x = np.stack([picture[a : a + side, b : b + side].ravel() for a, b in zip(i, j, strict=True)])
    middle = side * side // 2
    y = x[:, middle] + noise * draw.normal(size=samples)
    x = np.delete(x, middle, 1)
    return task(x + noise * draw.normal(size=x.shape), y, "temple", **rest)


def board(samples: int = 1800, wrong: float = 0.0, **rest: Any) -> Task:
    """Who has three in a row on a board of nine fields: one side, the other, none or both."""
    draw = np.random.default_rng(90)
    fields = draw.integers(3, size=(samples, 3, 3)) - 1
    sums = np.concatenate([fields.sum(1), fields.sum(2)], 1)
    turned = [np.trace(fields, axis1=1, axis2=2), np.trace(fields[:, ::-1], axis1=1, axis2=2)]
    sums = np.concatenate([sums, np.stack(turned, 1)], 1)
    y = (sums == 3).any(1) + 2 * (sums == -3).any(1)
    y = np.where(draw.random(samples) < wrong, draw.integers(3, size=samples), np.minimum(y, 2))
    x = (fields.reshape(samples, 9, 1) == [-1, 0, 1]).reshape(samples, 27) - 0.3
    return task(x, y, "board", **{"raw": True, **rest})


def throws(samples: int = 1400, noise: float = 0.3, **rest: Any) -> Task:
    """How far and how long a ball flies, by speed, angle, drag, wind and height; measured with an error."""
    draw = np.random.default_rng(91)
    x = draw.uniform(-1, 1, (samples, 5))
    speed, angle = 15 + 8 * x[:, 0], 0.8 + 0.5 * x[:, 1]
    u, v, far, high, time = speed * np.cos(angle), speed * np.sin(angle), 0.0, 3 + 2 * x[:, 4], 0.0
    for _ in range(120):
        up = high > 0
        far, time = far + 0.04 * u * up, time + 0.04 * up
        high, v = high + 0.04 * v * up, v - 0.04 * (9.8 + 0.02 * (1 + x[:, 2]) * v * abs(v))
        u = u - 0.04 * (0.02 * (1 + x[:, 2]) * u * abs(u) - 0.5 * x[:, 3])
    y = np.stack([far, time], 1)
    return task(x, y / y.std(0) + noise * draw.normal(size=y.shape), "throws", **rest)


def loans(samples: int = 2000, features: int = 12, sharp: float = 1.0, **rest: Any) -> Task:
    """Whether a loan is paid back, most are, by twelve correlated numbers and chance."""
    draw = np.random.default_rng(92)
    x = draw.normal(size=(samples, features)) @ (np.eye(features) + 0.3 * draw.normal(size=(features, features)))
    score = 1.0 + x @ draw.normal(size=features) / features**0.5 + np.maximum(x[:, 0], 0) * np.sign(x[:, 1])
    y = (draw.logistic(size=samples) < sharp * score).astype(int)
    return task(x, y, "loans", **rest)


def medians(samples: int = 1600, symbols: int = 9, length: int = 5, wrong: float = 0.0, **rest: Any) -> Task:
    """Whether the middle one of five numbers is low, medium or high; for a network with attention."""
    draw = np.random.default_rng(93)
    x = draw.integers(symbols, size=(samples, length))
    y = np.minimum(np.median(x, 1).astype(int) * 3 // symbols, 2)
    y = np.where(draw.random(samples) < wrong, draw.integers(3, size=samples), y)
    return task(x, y, "medians", **{"model": Chooser.of(symbols, length, 3), "units": 16, **rest})


def spectra(samples: int = 1200, noise: float = 0.4, error: float = 0.3, **rest: Any) -> Task:
    """How much of three substances a mixture has, from its absorption at 24 wavelengths."""
    draw = np.random.default_rng(94)
    share = draw.dirichlet(np.ones(3), samples)
    at = np.arange(24)
    lines = sum(np.exp(-(((at - draw.uniform(0, 24, (3, 1))) / 2) ** 2)) for _ in range(3))
    x = 1 - np.exp(-2 * share @ lines) + noise / 4 * draw.normal(size=(samples, 24))
    y = (share - share.mean(0)) / share.std(0) + error * draw.normal(size=share.shape)
    return task(x, y, "spectra", **rest)


def walks(samples: int = 1200, length: int = 32, wrong: float = 0.0, **rest: Any) -> Task:
    """Which of three random processes a series comes from; for a convolution over time."""
    draw = np.random.default_rng(95)
    y = draw.integers(3, size=samples)
    a, b = np.array([0.5, 0.2, -0.2])[y], np.array([0.0, 0.4, 0.3])[y]
    x = draw.normal(size=(samples, length))
    for k in range(2, length):
        x[:, k] += a * x[:, k - 1] + b * x[:, k - 2]
    y = np.where(draw.random(samples) < wrong, draw.integers(3, size=samples), y)
    usual = {"model": strided(1, 3, length // 4), "channels": 10, "act": "silu", "raw": True}
    return task(x[:, None], y, "walks", **{**usual, **rest})


def signs(samples: int = 1600, features: int = 6, wrong: float = 0.1, **rest: Any) -> Task:
    """Whether two of six numbers have the same sign; some are told wrongly."""
    draw = np.random.default_rng(96)
    x = draw.normal(size=(samples, features))
    y = ((x[:, 0] * x[:, 1] > 0) ^ (draw.random(samples) < wrong)).astype(int)
    return task(x, y, "signs", **rest)
