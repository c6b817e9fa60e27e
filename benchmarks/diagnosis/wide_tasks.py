"""Tasks of kinds that the other cases have few of: sequences, attention, normalisation, several labels, odd noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from diagnosis.blind_tasks import After, Builder, Change, dense
from luthier import Task

NETWORK = {"units": 32, "layers": 2, "dropout": 0.0, "batch_size": 32}


def stack(
    inputs: int, outputs: int, act: type[nn.Module] = nn.ReLU, norm: bool = False, after: After | None = None
) -> Builder:
    """Hidden layers of ``units``, normalised over the batch if asked for."""
    return dense(inputs, outputs, norm, after, act)


class Reader(nn.Module):
    """A recurrent network of ``units`` and a linear layer on its last state."""

    def __init__(self, kind: type[nn.Module], inputs: int, outputs: int, units: int) -> None:
        super().__init__()
        self.cells, self.last = kind(inputs, units, batch_first=True), nn.Linear(units, outputs)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.last(self.cells(x)[0][:, -1])
        return answer


def reader(inputs: int, outputs: int, kind: type[nn.Module] = nn.GRU, after: After | None = None) -> Builder:
    """Its builder."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        model = Reader(kind, inputs, outputs, config["units"])
        if after:
            after(model)
        return model

    return build


class Encoder(nn.Module):
    """A small transformer that reads symbols and answers from the mean of its outputs."""

    def __init__(self, symbols: int, length: int, outputs: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        units = config["units"]
        self.symbols, self.places = nn.Embedding(symbols, units), nn.Parameter(0.1 * torch.randn(length, units))
        layer = nn.TransformerEncoderLayer(units, 2, 2 * units, config["dropout"], batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, config["layers"], enable_nested_tensor=False)
        self.last = nn.Linear(units, outputs)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.last(self.blocks(self.symbols(x) + self.places).mean(1))
        return answer


def encoder(symbols: int, length: int, outputs: int, after: After | None = None) -> Builder:
    """Its builder."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        model = Encoder(symbols, length, outputs, config)
        if after:
            after(model)
        return model

    return build


def pictures(kinds: int, after: After | None = None, norm: bool = False) -> Builder:
    """Two strided convolutions of ``units`` channels and a linear layer, for pictures of 12 x 12."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        c = config["units"]
        layers = [nn.Conv2d(1, c, 3, 2, 1), *[nn.BatchNorm2d(c)] * norm, nn.ReLU(), nn.Conv2d(c, c, 3, 2, 1), nn.ReLU()]
        model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(9 * c, kinds))
        if after:
            after(model)
        return model

    return build


def table(
    x: Any,
    y: Any,
    name: str,
    usual: Builder,
    model: Builder | None = None,
    train: Change | None = None,
    validation: Change | None = None,
    loss: Any = None,
    metric: Any = None,
    **defaults: Any,
) -> Task:
    """A task on rows that are already in random order; three in ten are validation data."""
    x, y = np.asarray(x), np.asarray(y)
    classes = y.dtype.kind in "iu"
    y = y if classes or y.ndim > 1 else y[:, None]
    inputs = torch.as_tensor(x, dtype=torch.float32 if x.dtype.kind == "f" else torch.int64)
    targets = torch.as_tensor(y, dtype=torch.int64 if classes else torch.float32)
    cut = len(inputs) * 7 // 10
    a, b = (inputs[:cut], targets[:cut]), (inputs[cut:], targets[cut:])
    a, b = train(*a) if train else a, validation(*b) if validation else b
    loss = loss or ("CrossEntropyLoss" if classes else "MSELoss")
    return Task(model or usual, a, b, loss=loss, metric=metric, defaults={**NETWORK, **defaults}, name=name)


def standard(y: Any) -> Any:
    """Of mean 0 and deviation 1."""
    return (y - y.mean(0)) / y.std(0)


def tide(
    samples: int = 900,
    noise: float = 0.1,
    length: int = 12,
    kind: type[nn.Module] = nn.GRU,
    after: After | None = None,
    **rest: Any,
) -> Task:
    """The next height of a tide of two periods, from the last twelve; for a recurrent network."""
    draw = np.random.default_rng(41)
    start, slow = draw.uniform(0, 60, (samples, 1)), draw.uniform(0.7, 1.3, (samples, 1))
    time = start + np.arange(length + 1)
    height = np.sin(0.7 * time) * slow + 0.5 * np.sin(1.9 * time) + noise * draw.normal(size=time.shape)
    return table(height[:, :-1, None], standard(height[:, -1]), "tide", reader(1, 1, kind, after), **rest)


def majority(
    samples: int = 1200, symbols: int = 4, length: int = 9, wrong: float = 0.0, after: After | None = None, **rest: Any
) -> Task:
    """Which symbol is the most frequent in a row of them; for a transformer. A share of the answers is random."""
    draw = np.random.default_rng(42)
    x = draw.integers(symbols, size=(samples, length))
    y = np.stack([(x == s).sum(1) for s in range(symbols)], 1).argmax(1)
    y = np.where(draw.random(samples) < wrong, draw.integers(symbols, size=samples), y)
    given = {"units": 16, "layers": 1, **rest}
    return table(x, y, "majority", encoder(symbols, length, symbols, after), **given)


def shapes(samples: int = 900, noise: float = 0.8, norm: bool = False, after: After | None = None, **rest: Any) -> Task:
    """A square, a disc, a cross or a ring somewhere in a noisy picture of 12 x 12."""
    draw = np.random.default_rng(43)
    y = draw.integers(4, size=samples)
    at = draw.integers(4, 8, size=(samples, 2))
    i, j = np.mgrid[:12, :12]
    a, b = abs(i - at[:, :1, None]), abs(j - at[:, 1:, None])
    far = a**2 + b**2
    forms = [
        np.maximum(a, b) <= 2,
        far <= 6,
        (np.minimum(a, b) == 0) & (np.maximum(a, b) <= 3),
        (far > 3) & (far <= 10),
    ]
    x = np.choose(y[:, None, None], forms) + noise * draw.normal(size=(samples, 12, 12)) / 2
    return table(x[:, None], y, "shapes", pictures(4, after, norm), **{"units": 8, **rest})


def tags(
    samples: int = 1000,
    kinds: int = 6,
    flipped: float = 0.0,
    act: type[nn.Module] = nn.ReLU,
    after: After | None = None,
    **rest: Any,
) -> Task:
    """Six marks that each apply or not, from sixteen numbers; some are noted wrongly."""
    draw = np.random.default_rng(44)
    x = draw.normal(size=(samples, 16))
    y = x @ draw.normal(size=(16, kinds)) / 2 + 2 * np.sin(2 * x[:, :kinds]) > 0
    y = y ^ (draw.random(y.shape) < flipped)
    return table(
        x, y.astype(float), "tags", stack(16, kinds, act, after=after), loss="BCEWithLogitsLoss", metric="loss", **rest
    )


def fraud(
    samples: int = 2000,
    rare: float = 0.1,
    overlap: float = 1.0,
    norm: bool = False,
    after: After | None = None,
    **rest: Any,
) -> Task:
    """Rare cases, one in ten, in eight measurements, that overlap with the usual ones."""
    draw = np.random.default_rng(45)
    y = (draw.random(samples) < rare).astype(int)
    x = overlap * draw.normal(size=(samples, 8)) + y[:, None] * np.where(np.arange(8) < 4, 1.2, 0.0)
    return table(x, y, "fraud", stack(8, 2, norm=norm, after=after), **rest)


def squeeze(samples: int = 900, inner: int = 5, noise: float = 0.1, after: After | None = None, **rest: Any) -> Task:
    """Twenty sensors that follow a few causes, each from the others: an autoencoder."""
    draw = np.random.default_rng(46)
    causes = draw.normal(size=(samples, inner))
    x = standard(np.tanh(causes @ draw.normal(size=(inner, 20))) + noise * draw.normal(size=(samples, 20)))
    given = {"units": 12, "layers": 1, **rest}
    return table(x, x, "squeeze", stack(20, 20, nn.Tanh, after=after), **given)


def income(samples: int = 1000, noise: float = 0.5, features: int = 8, after: After | None = None, **rest: Any) -> Task:
    """A heavy-tailed amount from eight facts."""
    draw = np.random.default_rng(47)
    x = draw.normal(size=(samples, features))
    y = np.exp(0.6 * x[:, 0] + 0.5 * np.sin(2 * x[:, 1]) - 0.4 * x[:, 2] * x[:, 3] + noise * draw.normal(size=samples))
    return table(x, standard(y), "income", stack(features, 1, nn.SiLU, after=after), **rest)


def swing(
    samples: int = 1200,
    noise: float = 0.02,
    norm: bool = False,
    act: type[nn.Module] = nn.Tanh,
    after: After | None = None,
    **rest: Any,
) -> Task:
    """Where a damped pendulum is a second later, and how fast."""
    draw = np.random.default_rng(48)
    x = draw.uniform(-2, 2, size=(samples, 2))
    angle, speed = x.T.copy()
    for _ in range(50):
        speed = speed + 0.04 * (-4 * np.sin(angle) - 0.3 * speed)
        angle = angle + 0.04 * speed
    y = standard(np.stack([angle, speed], 1) + noise * draw.normal(size=x.shape))
    return table(x, y, "swing", stack(2, 2, act, norm, after), **rest)


def ranks(
    samples: int = 900, kinds: int = 5, noise: float = 0.7, features: int = 6, after: After | None = None, **rest: Any
) -> Task:
    """A grade from one to five by a curved score of six inputs, with noise."""
    draw = np.random.default_rng(49)
    x = draw.normal(size=(samples, features))
    s = x[:, 0] + x[:, 1] ** 2 - x[:, 2] * x[:, 3] + noise * draw.normal(size=samples)
    y = np.searchsorted(np.quantile(s, np.arange(1, kinds) / kinds), s)
    return table(x, y, "ranks", stack(features, kinds, nn.GELU, after=after), **rest)


def line(
    samples: int = 500,
    noise: float = 1.0,
    features: int = 10,
    scale: float = 1.0,
    after: After | None = None,
    **rest: Any,
) -> Task:
    """A linear function with noise."""
    draw = np.random.default_rng(50)
    x = draw.normal(size=(samples, features))
    y = standard(x @ draw.normal(size=features) / features**0.5 + noise * draw.normal(size=samples)) * scale
    return table(x, y, "line", stack(features, 1, after=after), **{"layers": 0, **rest})


def mixed_up(seed: int) -> Change:
    """Targets in another order."""

    def change(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return x, y[torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))]

    return change


def multiplied(factor: float, shift: float = 0.0) -> Change:
    """Inputs in other units."""
    return lambda x, y: (x * factor + shift, y)


def weights(factor: float, bias: float = 0.0, only_last: bool = False) -> After:
    """Initial weights times ``factor``; ``bias`` is added to the biases of all layers but the last."""

    def change(model: nn.Module) -> None:
        layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
        with torch.no_grad():
            for layer in layers[-1:] if only_last else layers:
                layer.weight *= factor
            for layer in layers[:-1]:
                if layer.bias is not None:
                    layer.bias += bias

    return change
