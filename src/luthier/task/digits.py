"""The embedded task: 1797 handwritten digits of 8 x 8 pixels that come with scikit-learn (no download)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from luthier.errors import ConfigError
from luthier.space import integer, uniform
from luthier.task._sizes import size
from luthier.task.task import Task

Pair = tuple[Tensor, Tensor]
#: What ``digits_data`` makes, written by dev/digits.py.
_FILE = Path(__file__).with_name("digits.npz")
ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


def digits_data() -> tuple[Pair, Pair]:
    """1437 training and 360 validation digits, drawn by class: inputs (n, 64) in [0, 1], labels (n,) in 0..9."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    parts = train_test_split(images, labels, test_size=360, stratify=labels, random_state=0)
    train_x, valid_x, train_y, valid_y = (torch.as_tensor(part) for part in parts)
    return (train_x.float() / 16, train_y), (valid_x.float() / 16, valid_y)


def digits_train() -> Pair:
    """The training digits."""
    return digits_data()[0]


def digits_validation() -> Pair:
    """The validation digits."""
    return digits_data()[1]


def _at_hand(name: str, function: Callable[[], Pair]) -> Callable[[], Pair]:
    """The same as ``function``, which is what an exported script has, from the file: scikit-learn takes a second."""

    @wraps(function)
    def read() -> Pair:
        with np.load(_FILE) as parts:
            images, labels = (torch.from_numpy(parts[f"{name}_{what}"]) for what in ("images", "labels"))
        return images.float() / 16, labels.long()

    return read


def digits_model(config: Mapping[str, Any]) -> nn.Module:
    """A fully connected network 64-units-...-10 with ``layers`` hidden layers of ``units``, and ``dropout``."""
    name = config["activation"]
    if name not in ACTIVATIONS:
        raise ConfigError(f"activation is {name!r}; it must be one of {', '.join(ACTIVATIONS)}")
    activation = ACTIVATIONS[name]
    layers: list[nn.Module] = []
    width = 64
    for _ in range(config["layers"]):
        layers += [nn.Linear(width, size(config, "units")), activation()]
        if config["dropout"]:
            layers.append(nn.Dropout(config["dropout"]))
        width = config["units"]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def digits() -> Task:
    """Classify 8 x 8 handwritten digits; accuracy on 360 validation images."""
    return Task(
        model=digits_model,
        train=_at_hand("train", digits_train),
        validation=_at_hand("validation", digits_validation),
        defaults={"layers": 2, "units": 128, "activation": "relu", "dropout": 0.0, "epochs": 40},
        ranges={"layers": integer(1, 3), "units": integer(32, 512, log=True), "dropout": uniform(0.0, 0.5)},
        name="digits",
    )
