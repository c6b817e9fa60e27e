"""Records real trainings: every config of a grid, on five small tasks. ``benchmarks/curves.py`` runs searches on them.

    python benchmarks/curves/record.py PARTS --mnist FOLDER [--tasks NAME ...] [--seeds 0 1 2] [--minutes 9]
    python benchmarks/curves/record.py PARTS --join benchmarks/curves/data/curves.npz

PARTS is a folder for what is done so far: the same command goes on where it was ended, several tasks and seeds may be
recorded at the same time. Seconds are processor time of one thread, since a clock would show who else was using the
machine; those of seed 0 go into the file, so that all were measured alike.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from luthier import Options, Task
from luthier.records import Point
from luthier.task.digits import digits_data
from luthier.task.mnist import mnist_pair
from luthier.training import Training

Pair = tuple[Tensor, Tensor]
Values = tuple[Any, ...]
PART = 24  #: trainings in a file
SEEDS = (0, 1, 2)  #: each config is trained once with each
SAMPLES = 2000  #: MNIST images to train on, and as many to validate


@dataclass(frozen=True)
class Recording:
    """A task with the grid of its configs, and what a user would start from."""

    build: Callable[[Mapping[str, Any]], nn.Module]
    data: Callable[[Path], tuple[Pair, Pair]]
    grid: Mapping[str, Values]
    default: Mapping[str, Any]
    fixed: Mapping[str, Any]  #: epochs among them
    loss: str = "CrossEntropyLoss"
    metric: str = "accuracy"

    def configs(self) -> list[dict[str, Any]]:
        """All configs, the last name varying fastest."""
        return [dict(zip(self.grid, values, strict=True)) for values in itertools.product(*self.grid.values())]

    def task(self, mnist: Path) -> Task:
        """The task itself."""
        train, valid = self.data(mnist)
        return Task(self.build, train, valid, loss=self.loss, metric=self.metric)

    def describe(self) -> dict[str, Any]:
        """What a benchmark needs to know of it."""
        return {
            "grid": {name: list(values) for name, values in self.grid.items()},
            "default": dict(self.default),
            "fixed": dict(self.fixed),
            "direction": "minimize" if self.metric == "loss" else "maximize",
        }


def logspace(low: float, high: float, count: int) -> tuple[float, ...]:
    """``count`` values, evenly in the logarithm."""
    return tuple(float(f"{v:.3g}") for v in np.geomspace(low, high, count))


def perceptron(config: Mapping[str, Any], inputs: int, outputs: int, units: int, layers: int = 1) -> nn.Sequential:
    """Linear layers and ReLUs, with dropout when the config has some."""
    parts: list[nn.Module] = []
    for width in [inputs, *[units] * (layers - 1)]:
        parts += [nn.Linear(width, units), nn.ReLU()]
        if config.get("dropout"):
            parts.append(nn.Dropout(config["dropout"]))
    return nn.Sequential(*parts, nn.Linear(units, outputs))


def convolutions(config: Mapping[str, Any]) -> nn.Module:
    """Two convolutions with stride 2, the second with twice the channels, and a linear layer."""
    channels = config["channels"]
    return nn.Sequential(
        nn.Conv2d(1, channels, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(channels, 2 * channels, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(2 * channels * 25, 10),
    )


def digits_pairs(_: Path) -> tuple[Pair, Pair]:
    """1437 and 360 digits."""
    return digits_data()


def halves(_: Path) -> tuple[Pair, Pair]:
    """The upper half of a digit's pixels, and the lower half to be guessed from it."""
    train, valid = (images for images, _ in digits_data())
    return (train[:, :32], train[:, 32:]), (valid[:, :32], valid[:, 32:])


def mnist_subset(folder: Path) -> tuple[Pair, Pair]:
    """Some of MNIST's training images, drawn at random, and others to validate."""
    images, labels = mnist_pair(folder, "train")
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    train, valid = order[:SAMPLES], order[SAMPLES : 2 * SAMPLES]
    return (images[train], labels[train]), (images[valid], labels[valid])


def pictures(folder: Path) -> tuple[Pair, Pair]:
    """The same as one channel of 28 x 28."""
    train, valid = mnist_subset(folder)
    return (train[0].view(-1, 1, 28, 28), train[1]), (valid[0].view(-1, 1, 28, 28), valid[1])


def noisy(folder: Path) -> tuple[Pair, Pair]:
    """The same with one training label in five replaced at random: who trains too long learns the noise."""
    train, valid = mnist_subset(folder)
    generator = torch.Generator().manual_seed(1)
    wrong = torch.rand(SAMPLES, generator=generator) < 0.2
    random = torch.randint(0, 10, (SAMPLES,), generator=generator)
    return (train[0], torch.where(wrong, random, train[1])), valid


RECORDINGS: dict[str, Recording] = {
    "digits-sgd": Recording(
        lambda config: perceptron(config, 64, 10, 32),
        digits_pairs,
        {
            "lr": logspace(1e-3, 3, 9),
            "batch_size": (16, 32, 64, 128),
            "momentum": (0.0, 0.5, 0.9, 0.98),
            "weight_decay": (1e-6, 1e-4, 1e-2),
        },
        {"lr": 0.01, "batch_size": 64, "momentum": 0.9, "weight_decay": 1e-4},
        {"optimizer": "SGD", "schedule": "constant", "epochs": 50},
    ),
    "digits-optimizers": Recording(
        lambda config: perceptron(config, 64, 10, 64, layers=2),
        digits_pairs,
        {
            "lr": logspace(1e-4, 1, 9),
            "batch_size": (16, 64, 256),
            "optimizer": ("SGD", "Adam", "AdamW"),
            "dropout": (0.0, 0.25, 0.5),
            "schedule": ("constant", "cosine"),
        },
        {"lr": 1e-3, "batch_size": 64, "optimizer": "Adam", "dropout": 0.0, "schedule": "constant"},
        {"momentum": 0.9, "weight_decay": 1e-4, "epochs": 40},
    ),
    "mnist-convolutions": Recording(
        convolutions,
        pictures,
        {
            "lr": logspace(1e-3, 1, 8),
            "batch_size": (16, 64, 256),
            "momentum": (0.0, 0.5, 0.9),
            "channels": (4, 8),
            "schedule": ("constant", "cosine"),
        },
        {"lr": 0.01, "batch_size": 64, "momentum": 0.9, "channels": 8, "schedule": "constant"},
        {"optimizer": "SGD", "weight_decay": 1e-4, "epochs": 30},
    ),
    "mnist-noisy": Recording(
        lambda config: perceptron(config, 784, 10, config["units"]),
        noisy,
        {
            "lr": logspace(1e-5, 1e-1, 9),
            "batch_size": (16, 64, 256),
            "weight_decay": (1e-4, 1e-2, 1.0),
            "dropout": (0.0, 0.5),
            "units": (32, 128),
        },
        {"lr": 1e-3, "batch_size": 64, "weight_decay": 1e-2, "dropout": 0.0, "units": 128},
        {"optimizer": "AdamW", "schedule": "constant", "epochs": 30},
    ),
    "digits-halves": Recording(
        lambda config: perceptron(config, 32, 32, config["units"], config["layers"]),
        halves,
        {
            "lr": logspace(1e-5, 1e-1, 9),
            "batch_size": (16, 64, 256),
            "beta1": (0.5, 0.9, 0.98),
            "layers": (1, 2, 3),
            "units": (32, 128),
        },
        {"lr": 1e-3, "batch_size": 64, "beta1": 0.9, "layers": 2, "units": 128},
        {"optimizer": "Adam", "schedule": "cosine", "epochs": 30},
        loss="MSELoss",
        metric="loss",
    ),
}


def train(task: Task, config: Mapping[str, Any], seed: int) -> np.ndarray:
    """A training: validation loss, metric and seconds of every epoch, NaN from where it diverged."""
    training = Training(task, task.config(config), seed, options=Options(device="cpu", threads=1))
    epochs = int(training.config.epochs)
    curve = np.full((epochs, 3), math.nan, np.float32)
    at = [time.process_time()]

    def keep(point: Point) -> None:
        at.append(time.process_time())
        curve[len(at) - 2] = point.val_loss, point.metric, at[-1] - at[-2]

    training.advance(epochs, keep)
    curve[len(at) - 1 :, 2] = time.process_time() - at[-1]  # the epoch that diverged; NaN loss says so
    return curve


def record(name: str, seed: int, parts: Path, mnist: Path, deadline: float) -> None:
    """Trains what is not in ``parts`` yet, until the deadline."""
    torch.set_num_threads(1)
    recording = RECORDINGS[name]
    task, configs = recording.task(mnist), recording.configs()
    order = np.random.default_rng(0).permutation(len(configs))  # the machine's moods fall on all alike
    for first in range(0, len(order), PART):
        file = parts / f"{name}-{seed}-{first // PART:03}.npy"
        if file.exists():
            continue
        if time.monotonic() > deadline:
            print(f"{name}, seed {seed}: time is up before training {first} of {len(order)}", flush=True)
            return
        chosen = [configs[i] for i in order[first : first + PART]]
        curves = np.stack([train(task, {**recording.fixed, **config}, seed) for config in chosen])
        aside = file.with_suffix(".aside")
        with aside.open("wb") as out:
            np.save(out, curves)
        os.replace(aside, file)
    print(f"{name}, seed {seed}: all {len(order)} trainings are there", flush=True)


def recorded(name: str, seed: int, parts: Path) -> np.ndarray:
    """All curves of a task with a seed in the order of its grid, (configs, epochs, 3); empty if some are missing."""
    curves = np.concatenate([np.load(file) for file in sorted(parts.glob(f"{name}-{seed}-*.npy"))] or [np.empty(0)])
    order = np.random.default_rng(0).permutation(len(RECORDINGS[name].configs()))
    if len(curves) != len(order):
        print(f"{name}: left out, {len(curves)} of {len(order)} trainings are recorded with seed {seed}")
        return np.empty(0)
    in_order = np.empty_like(curves)
    in_order[order] = curves
    return in_order


def join(parts: Path, target: Path) -> None:
    """All tasks that are complete in one file, (seeds, configs, epochs), with what the grids are."""
    arrays: dict[str, Any] = {}
    about: dict[str, Any] = {}
    for name, recording in RECORDINGS.items():
        curves = [recorded(name, seed, parts) for seed in SEEDS]
        if not all(map(len, curves)):
            continue
        about[name] = recording.describe()
        losses, metrics, seconds = np.moveaxis(np.stack(curves), -1, 0)
        arrays[f"{name}/loss"] = losses
        if recording.metric != "loss":
            arrays[f"{name}/metric"] = metrics
        arrays[f"{name}/seconds"] = seconds[0].astype(np.float16)
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, about=np.array(json.dumps(about)), **arrays)
    trainings = sum(len(array) * len(array[0]) for name, array in arrays.items() if name.endswith("/loss"))
    print(f"{target}: {trainings} trainings, {target.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Records, or joins what was recorded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("parts", type=Path)
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's idx files")
    parser.add_argument("--tasks", nargs="+", default=list(RECORDINGS), choices=RECORDINGS)
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), choices=SEEDS)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end after these")
    parser.add_argument("--join", type=Path, metavar="FILE", help="write what was recorded as one file")
    arguments = parser.parse_args()
    if arguments.join:
        join(arguments.parts, arguments.join)
        return
    if arguments.mnist is None and any(name.startswith("mnist") for name in arguments.tasks):
        parser.error("give --mnist, the folder with MNIST's idx files")
    arguments.parts.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + 60 * arguments.minutes
    for name, seed in itertools.product(arguments.tasks, arguments.seeds):
        record(name, seed, arguments.parts, arguments.mnist, deadline)


if __name__ == "__main__":
    main()
