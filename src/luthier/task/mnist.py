"""MNIST from its four idx files, with the fully connected network 784-512-256-10."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from luthier.errors import DataError
from luthier.space import uniform
from luthier.task._sizes import size
from luthier.task.idx import find_idx, read_idx
from luthier.task.task import Task

Pair = tuple[Tensor, Tensor]
VALIDATION = 10_000  # the last of the 60,000 training images choose; the 10,000 test images only judge
MEAN, STD = 0.1307, 0.3081  # of the training images' pixels in [0, 1]


def mnist_pair(folder: str | Path, kind: str) -> Pair:
    """The "train" or "t10k" images, (n, 784) with mean 0 and spread 1, and their labels, (n,) in 0..9."""
    images_file = find_idx(folder, f"{kind}-images-idx3-ubyte")
    labels_file = find_idx(folder, f"{kind}-labels-idx1-ubyte")
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if len(images) != len(labels):
        raise DataError(
            f"{images_file} has {len(images)} images but {labels_file} {len(labels)} labels; get both again"
        )
    if images.shape[1:] != (28, 28):
        raise DataError(f"{images_file} has images of {images.shape[1]} x {images.shape[2]} pixels, not 28 x 28")
    return images.reshape(len(images), 784).float().div_(255).sub_(MEAN).div_(STD), labels.long()


@cache
def _training_pair(folder: str) -> Pair:
    return mnist_pair(folder, "train")


def mnist_train(folder: str) -> Pair:
    """All training images but the last 10,000."""
    images, labels = _training_pair(folder)
    return images[:-VALIDATION], labels[:-VALIDATION]


def mnist_validation(folder: str) -> Pair:
    """The last 10,000 training images."""
    images, labels = _training_pair(folder)
    return images[-VALIDATION:], labels[-VALIDATION:]


def mnist_model(config: Mapping[str, Any]) -> nn.Module:
    """784-units1-units2-10, ReLU, ``dropout`` after each hidden layer."""
    drop = [nn.Dropout(config["dropout"])] if config["dropout"] else []
    first, second = size(config, "units1"), size(config, "units2")
    return nn.Sequential(
        nn.Linear(784, first),
        nn.ReLU(),
        *drop,
        nn.Linear(first, second),
        nn.ReLU(),
        *drop,
        nn.Linear(second, 10),
    )


def mnist(path: str | Path) -> Task:
    """Classify 28 x 28 handwritten digits; accuracy on 10,000 validation images.

    ``path`` is the folder with the four idx files, plain or .gz. Raises DataError when one is missing or malformed.
    """
    folder = str(Path(path).expanduser().resolve())
    for kind in ("train", "t10k"):
        for part in ("images-idx3", "labels-idx1"):
            find_idx(folder, f"{kind}-{part}-ubyte")
    return Task(
        model=mnist_model,
        train=partial(mnist_train, folder),
        validation=partial(mnist_validation, folder),
        test=partial(mnist_pair, folder, "t10k"),
        defaults={"units1": 512, "units2": 256, "dropout": 0.0, "epochs": 10},
        ranges={"dropout": uniform(0.0, 0.5)},
        name="mnist",
    )
