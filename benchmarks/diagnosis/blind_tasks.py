"""The blind cases' tasks: data sets and models of their own, unlike those of the other parts.

Written without knowledge of the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor, nn

from luthier import Task

Builder = Callable[[Mapping[str, Any]], nn.Module]
Change = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
After = Callable[[nn.Module], None]
NETWORK = {"units": 32, "layers": 2, "dropout": 0.0, "act": "tanh"}
ACTS = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


def dense(
    inputs: int, outputs: int, norm: bool = False, after: After | None = None, act: type[nn.Module] | None = None
) -> Builder:
    """Hidden layers of ``units`` with the activation ``act``, else the config's; ``after`` changes the fresh model."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        parts: list[nn.Module] = []
        width, units = inputs, config["units"]
        for _ in range(config["layers"]):
            parts += [nn.Linear(width, units), *[nn.BatchNorm1d(units)] * norm, (act or ACTS[config["act"]])()]
            parts += [nn.Dropout(config["dropout"])] * (config["dropout"] > 0)
            width = units
        model = nn.Sequential(*parts, nn.Linear(width, outputs))
        if after:
            after(model)
        return model

    return build


def task(
    x: Any,
    y: Any,
    name: str,
    model: Builder | None = None,
    train: Change | None = None,
    validation: Change | None = None,
    share: float = 0.25,
    loss: Any = None,
    metric: Any = None,
    raw: bool = False,
    after: After | None = None,
    norm: bool = False,
    **defaults: Any,
) -> Task:
    """A task on rows in random order, ``share`` of them for validation; numbers are standardised unless ``raw``."""
    order = np.random.default_rng(17).permutation(len(x))
    x, y = np.asarray(x)[order], np.asarray(y)[order]
    classes = y.dtype.kind in "iu"
    if x.dtype.kind == "f" and not raw:
        x = (x - x.mean(0)) / (x.std(0) + 1e-9)
    if not classes and not raw:
        y = (y - y.mean(0)) / (y.std(0) + 1e-9)
    if not classes and y.ndim == 1:
        y = y[:, None]
    inputs = torch.as_tensor(x, dtype=torch.float32 if x.dtype.kind == "f" else torch.int64)
    targets = torch.as_tensor(y, dtype=torch.int64 if classes else torch.float32)
    cut = round(len(x) * (1 - share))
    pairs = [(inputs[:cut], targets[:cut]), (inputs[cut:], targets[cut:])]
    if train:
        pairs[0] = train(*pairs[0])
    if validation:
        pairs[1] = validation(*pairs[1])
    builder = model or dense(x.shape[1], int(y.max()) + 1 if classes else y.shape[1], norm, after)
    loss = loss or ("CrossEntropyLoss" if classes else "MSELoss")
    return Task(builder, *pairs, loss=loss, metric=metric, defaults={**NETWORK, **defaults}, name=name)


def checkers(samples: int = 1200, cells: int = 3, wrong: float = 0.0, **rest: Any) -> Task:
    """The colour of a field of a checkerboard; some are reported wrongly."""
    draw = np.random.default_rng(21)
    x = draw.uniform(0, cells, size=(samples, 2))
    y = (np.floor(x).sum(1).astype(int) + (draw.random(samples) < wrong)) % 2
    return task(x, y, "checkers", **rest)


def spirals(samples: int = 900, arms: int = 3, noise: float = 0.1, **rest: Any) -> Task:
    """Which of the arms of a galaxy a star belongs to."""
    draw = np.random.default_rng(22)
    y = draw.integers(arms, size=samples)
    r = draw.uniform(0.2, 1.0, samples)
    turn = 4 * r + 2 * np.pi * y / arms + noise * draw.normal(size=samples)
    return task(np.stack([r * np.cos(turn), r * np.sin(turn)], 1), y, "spirals", **rest)


def mixture(
    samples: int = 800, classes: int = 3, features: int = 6, spread: float = 1.0, rare: float = 1.0, **rest: Any
) -> Task:
    """Overlapping clouds, one for each class, the last one ``rare`` times as frequent as the others."""
    draw = np.random.default_rng(23)
    weights = np.array([1.0] * (classes - 1) + [rare])
    y = draw.choice(classes, samples, p=weights / weights.sum())
    centres = draw.normal(size=(classes, features))
    return task(centres[y] + spread * draw.normal(size=(samples, features)), y, "mixture", **rest)


def arm(samples: int = 1000, joints: int = 3, noise: float = 0.05, **rest: Any) -> Task:
    """Where the hand of a robot's arm is, measured with an error: two numbers from the angles of its joints."""
    draw = np.random.default_rng(24)
    angles = draw.uniform(-1.5, 1.5, size=(samples, joints))
    turned = np.cumsum(angles, 1)
    y = np.stack([np.cos(turned).sum(1), np.sin(turned).sum(1)], 1)
    return task(angles, y + noise * draw.normal(size=y.shape), "arm", **rest)


def levels(samples: int = 900, classes: int = 4, noise: float = 1.0, **rest: Any) -> Task:
    """Friedman's first function cut into equally frequent classes."""
    x, y = datasets.make_friedman1(samples, 10, noise=noise, random_state=25)
    return task(x, np.searchsorted(np.quantile(y, np.arange(1, classes) / classes), y), "levels", **rest)


def sparse(samples: int = 600, features: int = 20, noise: float = 1.0, **rest: Any) -> Task:
    """A linear function of four of many inputs, with noise."""
    draw = np.random.default_rng(26)
    x = draw.normal(size=(samples, features))
    return task(x, x[:, :4] @ [1.0, -1.0, 0.7, 0.5] + noise * draw.normal(size=samples), "sparse", **rest)


def ripples(samples: int = 800, waves: float = 1.0, noise: float = 0.1, **rest: Any) -> Task:
    """The height of a pond's surface."""
    draw = np.random.default_rng(27)
    x = draw.uniform(-1, 1, size=(samples, 2))
    y = np.sin(3 * waves * x[:, 0]) * np.cos(2 * waves * x[:, 1]) + noise * draw.normal(size=samples)
    return task(x, y, "ripples", **rest)


def upper_half(samples: int = 1000, **rest: Any) -> Task:
    """The lower half of a digit from its upper half: 32 numbers from 32."""
    x = datasets.load_digits().data[:samples] / 16.0
    return task(x[:, :32] - 0.3, x[:, 32:], "upper-half", raw=True, **rest)


def parity(samples: int = 1200, **rest: Any) -> Task:
    """Whether a handwritten digit is odd."""
    x, y = datasets.load_digits(return_X_y=True)
    return task(x[:samples] / 16.0 - 0.3, y[:samples] % 2, "parity", raw=True, **rest)


def alcohol(**rest: Any) -> Task:
    """The alcohol in 178 wines from their other measurements."""
    x = datasets.load_wine().data
    return task(x[:, 1:], x[:, 0], "alcohol", **rest)


def worst_cells(**rest: Any) -> Task:
    """The largest values of ten measures of 569 tumours' cells, from their means and spreads."""
    x = datasets.load_breast_cancer().data
    return task(x[:, :20], x[:, 20:], "worst-cells", **rest)


def signals(samples: int = 800, kinds: int = 4, noise: float = 0.6, length: int = 24, **rest: Any) -> Task:
    """Sine, square, saw or triangle of any phase, under noise; for a one-dimensional convolution."""
    draw = np.random.default_rng(28)
    y = draw.integers(kinds, size=samples)
    phase = (np.arange(length)[None] / 12 + draw.random((samples, 1))) % 1.0
    shapes = [np.sin(2 * np.pi * phase), np.sign(phase - 0.5), 2 * phase - 1, 4 * abs(phase - 0.5) - 1]
    x = np.choose(y[:, None], shapes) + noise * draw.normal(size=phase.shape)
    return task(x[:, None], y, "signals", **{"model": convolved(1, kinds), "channels": 12, "raw": True, **rest})


def convolved(dimensions: int, outputs: int) -> Builder:
    """A convolution of ``channels`` over time or a picture, twice, and the mean over all places."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c = config["channels"]
        conv = (nn.Conv1d, nn.Conv2d)[dimensions - 1]
        pool = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)[dimensions - 1]
        layers = [conv(1, c, 5, padding=2), nn.ReLU(), conv(c, c, 3, padding=1), nn.ReLU(), pool(1), nn.Flatten()]
        return nn.Sequential(*layers, nn.Linear(c, outputs))

    return build


def bars(samples: int = 700, noise: float = 0.7, **rest: Any) -> Task:
    """A horizontal, vertical, rising or falling bar in a noisy picture of 10 x 10."""
    draw = np.random.default_rng(29)
    y = draw.integers(4, size=samples)
    i, j = np.mgrid[:10, :10]
    at = draw.integers(-3, 4, size=samples)[:, None, None]
    lines = [i - 5 - at == 0, j - 5 - at == 0, i - j - at == 0, i + j - 9 - at == 0]
    x = np.choose(y[:, None, None], lines) + noise * draw.normal(size=(samples, 10, 10)) / 2
    return task(x[:, None], y, "bars", **{"model": convolved(2, 4), "channels": 12, "raw": True, **rest})


def adding(samples: int = 800, length: int = 8, noise: float = 0.0, **rest: Any) -> Task:
    """The sum of the two marked numbers of a sequence (Hochreiter & Schmidhuber 1997); for a recurrent network."""
    draw = np.random.default_rng(30)
    numbers = draw.random((samples, length))
    marks = np.zeros_like(numbers)
    for row in marks:
        row[draw.choice(length, 2, replace=False)] = 1.0
    y = (numbers * marks).sum(1) + noise * draw.normal(size=samples)
    y = (y - y.mean()) / y.std()
    return task(np.stack([numbers, marks], 2), y, "adding", **{"model": Recurrent.of(2, 1), "raw": True, **rest})


def grammar(samples: int = 1000, symbols: int = 6, length: int = 8, order: float = 0.9, **rest: Any) -> Task:
    """The next symbol of a Markov chain; for a network with attention."""
    draw = np.random.default_rng(31)
    follower = draw.permutation(symbols)
    x = np.empty((samples, length + 1), int)
    x[:, 0] = draw.integers(symbols, size=samples)
    for k in range(length):
        x[:, k + 1] = np.where(draw.random(samples) < order, follower[x[:, k]], draw.integers(symbols, size=samples))
    return task(x[:, :-1], x[:, -1], "grammar", **{"model": Attending.of(symbols, length), **rest})


class Recurrent(nn.Module):
    """A GRU of ``units`` and a linear layer on its last state."""

    def __init__(self, inputs: int, outputs: int, units: int) -> None:
        super().__init__()
        self.cells, self.last = nn.GRU(inputs, units, batch_first=True), nn.Linear(units, outputs)

    @classmethod
    def of(cls, inputs: int, outputs: int) -> Builder:
        """Its builder."""
        return lambda config: cls(inputs, outputs, config["units"])

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.last(self.cells(x)[0][:, -1])
        return answer


class Attending(nn.Module):
    """Symbols and their places as vectors of ``units``, one layer of attention, read off at the last place."""

    def __init__(self, symbols: int, length: int, units: int) -> None:
        super().__init__()
        self.symbols, self.places = nn.Embedding(symbols, units), nn.Parameter(0.1 * torch.randn(length, units))
        self.look, self.last = nn.MultiheadAttention(units, 2, batch_first=True), nn.Linear(units, symbols)

    @classmethod
    def of(cls, symbols: int, length: int) -> Builder:
        """Its builder."""
        return lambda config: cls(symbols, length, config["units"])

    def forward(self, x: Tensor) -> Tensor:
        h = self.symbols(x) + self.places
        answer: Tensor = self.last((h + self.look(h, h, h, need_weights=False)[0])[:, -1])
        return answer


def permuted(seed: int) -> Change:
    """Targets in another order."""

    def change(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return x, y[torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))]

    return change
