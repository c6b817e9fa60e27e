"""Small tasks that train in a fraction of a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from sklearn import datasets
from torch import Tensor, nn

from luthier import Task
from luthier.task.digits import digits_data

Pair = tuple[Tensor, Tensor]
Builder = Callable[[Mapping[str, Any]], nn.Module]
SIZES = {"units": 64, "layers": 2, "dropout": 0.0}


def mlp(inputs: int, outputs: int, then: Callable[[nn.Sequential], None] | None = None) -> Builder:
    """Linear-ReLU-...-Linear with ``layers`` hidden layers of ``units``; ``then`` changes the fresh model."""

    def build(config: Mapping[str, Any]) -> nn.Module:
        layers: list[nn.Module] = []
        width = inputs
        for _ in range(config["layers"]):
            layers += [nn.Linear(width, config["units"]), nn.ReLU()]
            if config["dropout"]:
                layers.append(nn.Dropout(config["dropout"]))
            width = config["units"]
        model = nn.Sequential(*layers, nn.Linear(width, outputs))
        if then is not None:
            then(model)
        return model

    return build


def digits(
    train: Callable[[Pair], Pair] | None = None,
    validation: Callable[[Pair], Pair] | None = None,
    model: Builder | None = None,
    **defaults: Any,
) -> Task:
    """The digits, with training or validation data changed."""
    a, b = digits_data()
    a, b = train(a) if train else a, validation(b) if validation else b
    return Task(model or mlp(64, 10), a, b, defaults={**SIZES, "epochs": 30, **defaults}, name="digits")


def blobs(samples: int = 600, features: int = 10, classes: int = 4, spread: float = 3.0, **defaults: Any) -> Task:
    """Gaussian clouds, one for each class; a fifth is validation data."""
    x, y = datasets.make_blobs(samples, features, centers=classes, cluster_std=spread, random_state=0)
    x = (x - x.mean(0)) / x.std(0)
    return _task(x, y, mlp(features, classes), "blobs", **defaults)


def moons(samples: int = 800, noise: float = 0.2, model: Builder | None = None, **defaults: Any) -> Task:
    """Two interleaved half circles."""
    x, y = datasets.make_moons(samples, noise=noise, random_state=0)
    return _task(x, y, model or mlp(2, 2), "moons", **defaults)


def regression(
    samples: int = 800, noise: float = 1.0, scale: float = 1.0, model: Builder | None = None, **defaults: Any
) -> Task:
    """Friedman's first function of ten inputs (Friedman 1991), targets standardised, then times ``scale``."""
    x, y = datasets.make_friedman1(samples, noise=noise, random_state=0)
    y = (y - y.mean()) / y.std() * scale
    x = (x - 0.5) * 12**0.5
    return _task(
        x, y[:, None].astype(np.float32), model or mlp(10, 1), "friedman", loss="MSELoss", metric="loss", **defaults
    )


def _task(x: Any, y: Any, model: Builder, name: str, loss: str = "CrossEntropyLoss", **rest: Any) -> Task:
    metric = rest.pop("metric", None)
    inputs, targets = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y)
    cut = len(inputs) * 4 // 5
    defaults = {**SIZES, "epochs": 30, **rest}
    train, validation = (inputs[:cut], targets[:cut]), (inputs[cut:], targets[cut:])
    return Task(model, train, validation, loss=loss, metric=metric, defaults=defaults, name=name)


def first(n: int) -> Callable[[Pair], Pair]:
    """Only ``n`` samples."""
    return lambda pair: (pair[0][:n], pair[1][:n])


def shuffled(share: float = 1.0, seed: int = 0) -> Callable[[Pair], Pair]:
    """A share of the labels permuted among themselves."""

    def change(pair: Pair) -> Pair:
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.randperm(len(pair[1]), generator=generator)[: round(share * len(pair[1]))]
        labels = pair[1].clone()
        labels[chosen] = labels[chosen[torch.randperm(len(chosen), generator=generator)]]
        return pair[0], labels

    return change


def times(factor: float, shift: float = 0.0) -> Callable[[Pair], Pair]:
    """Inputs scaled and shifted."""
    return lambda pair: (pair[0] * factor + shift, pair[1])


def init(weight: float, bias: float = 1.0, bias_shift: float = 0.0) -> Callable[[nn.Sequential], None]:
    """Initial weights times ``weight``; biases times ``bias`` plus ``bias_shift`` in all but the last layer."""

    def change(model: nn.Sequential) -> None:
        linear = [m for m in model if isinstance(m, nn.Linear)]
        with torch.no_grad():
            for layer in linear:
                layer.weight *= weight
                layer.bias *= bias
            for layer in linear[:-1]:
                layer.bias += bias_shift

    return change
