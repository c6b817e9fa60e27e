"""The embedded task: 1797 handwritten digits of 8 x 8 pixels of scikit-learn (``dev/digits.py`` wrote them here)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from luthier.errors import ConfigError
from luthier.space import integer, uniform
from luthier.task.task import Task

Pair = tuple[Tensor, Tensor]
_FILE = Path(__file__).with_name("digits.npz")
ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


def digits_data() -> tuple[Pair, Pair]:
    """1437 training and 360 validation digits, drawn by class: inputs (n, 64) in [0, 1], labels (n,) in 0..9."""
    return _part("train"), _part("validation")


def _part(name: str) -> Pair:
    with np.load(_FILE) as parts:
        images, labels = (torch.from_numpy(parts[f"{name}_{what}"]) for what in ("images", "labels"))
    return images.float() / 16, labels.long()


def digits_train() -> Pair:
    """The training digits."""
    return _part("train")


def digits_validation() -> Pair:
    """The validation digits."""
    return _part("validation")


def digits_model(config: Mapping[str, Any]) -> nn.Module:
    """A fully connected network 64-units-...-10 with ``layers`` hidden layers of ``units``, and ``dropout``."""
    name = config["activation"]
    if name not in ACTIVATIONS:
        raise ConfigError(f"activation is {name!r}; it must be one of {', '.join(ACTIVATIONS)}")
    activation = ACTIVATIONS[name]
    layers: list[nn.Module] = []
    width = 64
    for _ in range(config["layers"]):
        layers += [nn.Linear(width, config["units"]), activation()]
        if config["dropout"]:
            layers.append(nn.Dropout(config["dropout"]))
        width = config["units"]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def digits() -> Task:
    """Classify 8 x 8 handwritten digits; accuracy on 360 validation images."""
    return Task(
        model=digits_model,
        train=digits_train,
        validation=digits_validation,
        defaults={"layers": 2, "units": 128, "activation": "relu", "dropout": 0.0, "epochs": 40},
        ranges={"layers": integer(1, 3), "units": integer(32, 512, log=True), "dropout": uniform(0.0, 0.5)},
        name="digits",
    )
